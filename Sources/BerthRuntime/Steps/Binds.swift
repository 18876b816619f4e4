import BerthLaunch
import BerthOCI

/// What is bound into a container: sources by number, in the order that they are opened.
struct Binds {
    /// Opened while mounts still propagate to and from the host: only for mounts that are to share theirs.
    private(set) var sharedSources: [Operation] = []
    /// Opened before the process becomes the container's root.
    private(set) var earlySources: [Operation] = []
    /// Opened in the mounts' own turn.
    private var ownSources: [Int: Operation] = [:]
    /// The source's number, by the mount's place in the configuration.
    private(set) var numbers: [Int: Int] = [:]
    /// The same for devices of the host, by path.
    private(set) var deviceNumbers: [String: Int] = [:]
    /// The same for cgroup directories of the host, by the mount that shows them.
    private(set) var cgroupNumbers: [CgroupPlace: Int] = [:]

    struct CgroupPlace: Hashable {
        /// Its place in the configuration.
        var mount: Int
        var directory: String
    }

    init(_ steps: ContainerSteps) {
        let mounts = steps.configuration.mounts.enumerated().filter { $0.element.options.bind != nil }
        let sharesRoot = steps.linux.rootfsPropagation?.propagation == .shared
        let shared = mounts.filter { sharesRoot && $0.element.options.isShared }
        for (index, mount) in shared {
            numbers[index] = sharedSources.count
            sharedSources.append(Self.source(mount, steps))
        }
        for place in steps.boundCgroups {
            cgroupNumbers[place] = sharedSources.count + earlySources.count
            earlySources.append(.source(place.directory, recursive: true))
        }
        // The kernel lets nobody make device nodes in a user namespace.
        for device in steps.hasUserNamespace ? steps.allDevices : [] where device.kind != .pipe {
            deviceNumbers[device.path] = sharedSources.count + earlySources.count
            earlySources.append(.source(device.path, recursive: false))
        }
        for (index, mount) in mounts where numbers[index] == nil {
            let source = Self.source(mount, steps)
            numbers[index] = sharedSources.count + earlySources.count + ownSources.count
            // The root of a user namespace may not be able to reach what the host's root can.
            if steps.hasUserNamespace { earlySources.append(source) } else { ownSources[index] = source }
        }
    }

    /// What comes right before a mount's own steps.
    func source(ofMount index: Int) -> [Operation] { ownSources[index].map { [$0] } ?? [] }

    private static func source(_ mount: RuntimeMount, _ steps: ContainerSteps) -> Operation {
        let path = mount.source.hasPrefix("/") ? mount.source : "\(steps.surroundings.bundle)/\(mount.source)"
        return .source(path, recursive: mount.options.bind == .recursive)
    }
}

extension RuntimeMountOptions {
    fileprivate var isShared: Bool { propagation.contains { $0.propagation == .shared } }
}
