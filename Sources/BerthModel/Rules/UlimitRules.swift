extension DefinitionCheck {
    /// The limits of one container's processes (Amazon ECS API reference, `Ulimit`).
    mutating func checkUlimits(_ container: ContainerDefinition) {
        var names: Set<String> = []
        for ulimit in container.ulimits ?? [] {
            check(ulimit)
            if let name = ulimit.name, !names.insert(name).inserted {
                faults.client("Invalid ulimits of container '\(container.label)': \(name) is set twice. Remove one.")
            }
        }
    }

    private mutating func check(_ ulimit: Ulimit) {
        let name = ulimit.name ?? ""
        checkChoice(name, "ulimits.name", Self.ulimitNames)
        guard let soft = ulimit.softLimit, let hard = ulimit.hardLimit else {
            faults.client("Invalid ulimit \(name): it needs a softLimit and a hardLimit.")
            return
        }
        // -1 is no limit, as it is for setrlimit.
        if hard != -1, soft > hard || soft == -1 { faults.client("Soft limit exceeds hard limit for ulimit \(name)") }
        if soft < -1 || hard < -1 { faults.client("Invalid ulimit \(name): limits are -1 (none) or not negative.") }
        // Amazon ECS developer guide, "Fargate task definition considerations"; it is the kernel's own bound too
        // (`fs.nr_open`).
        if name == "nofile", hard > Self.mostOpenFiles || hard == -1 {
            faults.client("Invalid ulimit nofile: it can be at most \(Self.mostOpenFiles).")
        }
    }

    private static let mostOpenFiles = 1_048_576

    private static let ulimitNames = [
        "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
        "rttime", "sigpending", "stack",
    ]
}
