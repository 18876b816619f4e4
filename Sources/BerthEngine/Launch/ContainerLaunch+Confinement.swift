import BerthConfinement
import BerthLaunch
import BerthModel

extension ConfinementSettings {
    /// The standard set, less what the definition drops, and with what it adds.
    var capabilities: CapabilitySet {
        get throws(CapabilityError) {
            try .standard.adjusted(dropping: droppedCapabilities, adding: addedCapabilities)
        }
    }
}

extension ContainerLaunch {
    /// Takes over what a definition says of the container's confinement, in the kernel's units.
    ///
    /// Words that no rule of registration lets pass are left out.
    mutating func apply(_ settings: ConfinementSettings) {
        initProcess = settings.initProcess
        tmpfs = settings.tmpfs.map {
            TmpfsMount(
                path: $0.containerPath ?? "", sizeBytes: UInt64($0.size ?? 0) << 20, options: $0.mountOptions ?? [])
        }
        if let size = settings.sharedMemoryMiB { sharedMemoryBytes = UInt64(size) << 20 }
        limits = settings.ulimits.compactMap(ResourceLimit.init)
        // Those of the network are set where the network is made.
        systemControls = settings.systemControls.compactMap { control in
            guard let name = control.namespace, let value = control.value, !name.hasPrefix("net.") else { return nil }
            return SystemControl(name: name, value: value)
        }
        terminal = settings.pseudoTerminal
        keepsInput = settings.interactive
    }
}

extension ResourceLimit {
    fileprivate init?(_ ulimit: Ulimit) {
        guard let resource = ulimit.name.flatMap(Resource.init(name:)), let soft = ulimit.softLimit,
            let hard = ulimit.hardLimit
        else { return nil }
        self.init(resource, soft: Self.value(soft), hard: Self.value(hard))
    }

    /// -1 is `RLIM_INFINITY`, all bits set.
    private static func value(_ limit: Int) -> UInt64 { UInt64(bitPattern: Int64(limit)) }
}
