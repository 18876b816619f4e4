extension DefinitionCheck {
    /// What each container waits for: it must exist, be able to get there, and not wait in turn.
    mutating func checkDependencies() {
        let byName = Dictionary(containers.map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
        for container in containers {
            for dependency in container.dependsOn ?? [] {
                let name = dependency.containerName ?? ""
                let condition = dependency.condition ?? ""
                checkChoice(condition, "dependsOn.condition", ["START", "COMPLETE", "SUCCESS", "HEALTHY"])
                guard let target = byName[name] else {
                    faults.client("Cannot depend on container \(name) because it does not exist")
                    continue
                }
                if ["COMPLETE", "SUCCESS"].contains(condition), target.essential ?? true {
                    faults.client(
                        "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container")
                }
                if condition == "HEALTHY", target.healthCheck == nil {
                    faults.client("A dependency container with HEALTHY condition must have health check configured")
                }
            }
        }
        if let cycle = Self.cycle(byName.mapValues { ($0.dependsOn ?? []).compactMap(\.containerName) }) {
            faults.client("Container dependencies must not form a cycle: \(cycle.joined(separator: " -> "))")
        }
    }

    /// The containers of one circle of dependencies, the first again at the end; nil when there is none.
    private static func cycle(_ dependencies: [String: [String]]) -> [String]? {
        var done: Set<String> = []
        func walk(_ name: String, _ path: [String]) -> [String]? {
            if let start = path.firstIndex(of: name) { return path[start...] + [name] }
            guard !done.contains(name) else { return nil }
            for next in dependencies[name] ?? [] {
                if let found = walk(next, path + [name]) { return found }
            }
            done.insert(name)
            return nil
        }
        for name in dependencies.keys.sorted() {
            if let found = walk(name, []) { return found }
        }
        return nil
    }
}
