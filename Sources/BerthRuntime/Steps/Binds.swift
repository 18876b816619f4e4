import BerthLaunch
import BerthOCI

/// What is bound into a container. The sources are opened, by number, before the process becomes the container's root and
/// loses sight of what only the host's root may reach.
struct Binds {
    /// Opened while mounts still propagate to and from the host: only for mounts that are to share theirs.
    private(set) var sharedSources: [Operation] = []
    private(set) var sources: [Operation] = []
    /// The source's number, by the mount's place in the configuration.
    private(set) var numbers: [Int: Int] = [:]
    /// The same for devices of the host, by path.
    private(set) var deviceNumbers: [String: Int] = [:]
    /// Cgroup directories of the host, by path.
    private(set) var cgroupNumbers: [String: Int] = [:]

    init(_ steps: ContainerSteps) throws(SpecError) {
        for (index, mount) in steps.configuration.mounts.enumerated() where mount.options.bind != nil {
            guard mount.options.sharesWithHost else { continue }
            numbers[index] = sharedSources.count
            sharedSources.append(Self.source(mount, steps))
        }
        for (index, mount) in steps.configuration.mounts.enumerated() where mount.options.bind != nil {
            guard !mount.options.sharesWithHost else { continue }
            numbers[index] = next
            sources.append(Self.source(mount, steps))
        }
        // The kernel lets nobody make device nodes in a user namespace.
        for device in steps.hasUserNamespace ? steps.allDevices : [] where device.kind != .pipe {
            deviceNumbers[device.path] = next
            sources.append(.source(device.path, recursive: false))
        }
        for directory in steps.boundCgroups {
            cgroupNumbers[directory] = next
            sources.append(.source(directory, recursive: true))
        }
    }

    private var next: Int { sharedSources.count + sources.count }

    private static func source(_ mount: RuntimeMount, _ steps: ContainerSteps) -> Operation {
        let path = mount.source.hasPrefix("/") ? mount.source : "\(steps.surroundings.bundle)/\(mount.source)"
        return .source(path, recursive: mount.options.bind == .recursive)
    }
}

extension RuntimeMountOptions {
    var sharesWithHost: Bool { propagation.contains { $0.propagation == .shared } }
}
