import BerthLaunch
import BerthOCI

extension ContainerSteps {
    /// The configuration's mounts, in its order.
    func mounts(_ binds: Binds) throws(SpecError) -> [Operation] {
        var steps: [Operation] = []
        for (index, mount) in configuration.mounts.enumerated() {
            if let refusal = refusal(of: mount, at: "mounts[\(index)]") { throw refusal }
            if mount.type == "cgroup" || mount.type == "cgroup2" {
                steps += cgroupMounts(mount, at: index, binds)
            } else if let number = binds.numbers[index] {
                steps += binds.source(ofMount: index) + bind(mount, number)
            } else if mount.options.isRemount {
                steps += changes(mount)
            } else {
                steps.append(fileSystem(mount, type: mount.type))
                steps += changes(mount, skippingTop: true)
            }
        }
        return steps
    }

    /// What Berth does not do, said before anything is made.
    private func refusal(of mount: RuntimeMount, at path: String) -> SpecError? {
        func refuse(_ option: String, _ what: String, _ remedy: String) -> SpecError {
            SpecError("\(path).options", value: "\"\(option)\"", problem: "Berth does not do \(what)", remedy: remedy)
        }
        if mount.options.idMapping != nil {
            return refuse("idmap", "id-mapped mounts", "remove the option and the mappings")
        }
        if isOverKernelFiles(mount) {
            return SpecError(
                "\(path).destination", value: "\"\(mount.destination)\"",
                problem: "would put files of others where the kernel's are expected",
                remedy: "mount it somewhere that is not below /proc")
        }
        return nil
    }

    /// What reads `/proc` trusts it; a few files are covered for good reasons, and by everyone (CVE-2019-16884).
    private func isOverKernelFiles(_ mount: RuntimeMount) -> Bool {
        let path = Self.normalized(mount.destination)
        guard path == "proc" || path.hasPrefix("proc/") else { return false }
        if path == "proc" { return mount.type != "proc" && mount.options.bind == nil }
        return !Self.coverable.contains(path) && !mount.options.isRemount
    }

    /// What containers of containers (LXCFS) and nested runtimes put over the kernel's own.
    private static let coverable: Set = [
        "proc/cpuinfo", "proc/diskstats", "proc/meminfo", "proc/stat", "proc/swaps", "proc/uptime", "proc/loadavg",
        "proc/slabinfo", "proc/net/dev", "proc/sys/kernel/ns_last_pid", "proc/sys/crypto/fips_enabled",
    ]

    /// A path relative to the root without `.`, `..` and empty parts, as text: the kernel walks it again, with links.
    static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    /// A file system of its own.
    func fileSystem(
        _ mount: RuntimeMount, type: String, at target: String? = nil, options: [String]? = nil
    ) -> Operation {
        var parameters = options ?? mount.options.parameters.flatMap { [$0.key, $0.value ?? ""] }
        if !mount.source.isEmpty && options == nil {
            parameters = ["source", mount.source] + parameters
        }
        // The kernel's own are where they say: a link of the image's would put them elsewhere (CVE-2019-19921).
        let isKernels = type == "proc" || type == "sysfs"
        return .mount(
            type, at: target ?? Self.target(mount), MountAttributes(rawValue: mount.options.attributes.sets),
            options: parameters, propagation: mount.options.topPropagation, following: isKernels ? .noLinks : .links)
    }

    /// A bind mount; what it says of the top alone is said to the top alone.
    func bind(_ mount: RuntimeMount, _ number: Int, at target: String? = nil) -> [Operation] {
        let recursive = mount.options.recursiveAttributes.argument
        let target = target ?? Self.target(mount)
        let whole = mount.options.propagation.last { $0.extent == .recursive }
        // By default its mounts follow the host's and give nothing back, as everything else inside.
        let propagation = whole.flatMap { Propagation(rawValue: $0.propagation.rawValue) }
        let first = Operation.bind(
            number, at: target, set: MountAttributes(rawValue: recursive.sets),
            clear: MountAttributes(rawValue: recursive.clears), propagation: propagation ?? .slave,
            following: .links, recursiveAttributes: true)
        return [first] + changes(mount, at: target)
    }

    /// Changes of what is mounted already: for the top, then for all below it.
    private func changes(_ mount: RuntimeMount, skippingTop: Bool = false, at target: String? = nil) -> [Operation] {
        var steps: [Operation] = []
        let target = target ?? Self.target(mount)
        let top = mount.options.attributes.argument
        let single = mount.options.topPropagation
        if !skippingTop, top.sets | top.clears != 0 || single != nil {
            steps.append(
                .change(
                    target, set: MountAttributes(rawValue: top.sets), clear: MountAttributes(rawValue: top.clears),
                    propagation: single, recursive: false))
        }
        let all = mount.options.recursiveAttributes.argument
        if mount.options.bind == nil, all.sets | all.clears != 0 {
            steps.append(
                .change(
                    target, set: MountAttributes(rawValue: all.sets), clear: MountAttributes(rawValue: all.clears),
                    propagation: nil, recursive: true))
        }
        return steps
    }

    static func target(_ mount: RuntimeMount) -> String { String(mount.destination.drop { $0 == "/" }) }
}

extension RuntimeMountOptions {
    /// What it says of the top alone.
    var topPropagation: BerthLaunch.Propagation? {
        let last = bind == nil ? propagation.last : propagation.last { $0.extent == .single }
        return last.flatMap { BerthLaunch.Propagation(rawValue: $0.propagation.rawValue) }
    }
}

extension Operation {
    /// Changes what is mounted at a place already, or with `recursive` that and all below it.
    static func change(
        _ target: String, set: MountAttributes, clear: MountAttributes, propagation: Propagation?, recursive: Bool
    ) -> Operation {
        .bind(nil, at: target, set: set, clear: clear, propagation: propagation, recursiveAttributes: recursive)
    }
}
