import BerthConfinement
import CBerthPlan

extension ContainerLaunch {
    /// What the shim does for this container as host root.
    ///
    /// The kernel lets a user namespace mount a sysfs only of its own network namespace, and only where its mounts show one in
    /// full already: a container's show none.
    func hostOperations(directory: String, layersByDescriptor: Bool) -> [Operation] {
        // Topmost first, each once: overlay refuses a layer that comes again, and only its topmost place shows.
        var seen: Set<String> = []
        let names = layers.reversed().map { String($0.dropFirst(layersRoot.utf8.count).drop { $0 == "/" }) }
            .filter { seen.insert($0).inserted }
        return [
            Operation(
                code: BERTH_HOST_OVERLAY, numbers: [layersByDescriptor ? 1 : 0],
                texts: [layersRoot, "\(directory)/containers/\(name)"], list: names),
            Operation(code: BERTH_HOST_DEVICES, texts: [ownSharedMemory == nil ? "\(sharedMemoryBytes)" : "64k"]),
            Operation(code: BERTH_HOST_SYSFS),
        ]
    }

    /// BERTH_CONTAINER_ flags.
    var flags: Int {
        (essential ? BERTH_CONTAINER_ESSENTIAL : 0) | (terminal ? BERTH_CONTAINER_TERMINAL : 0)
            | (keepsInput ? BERTH_CONTAINER_INPUT : 0)
    }

    /// What the container's first process does, from clone3 to execve.
    func operations(hostname: String, ownNetwork: Bool) -> [Operation] {
        var all: [Operation] = files.map { .source($0.source, recursive: false) }
        all += [.root(at: "/"), .becomeRoot()]
        all += fileSystems
        all += systemControls.map { .systemControl($0) }
        if terminal { all.append(.terminal(nil, console: true)) }
        all += [.changeRoot, .hostname(self.hostname ?? hostname)] + (ownNetwork ? [.loopback] : [])
        all += [.standardDescriptors, .directory(workingDirectory)]
        // Behind the working directory, which may have to be made.
        if readonlyRootFilesystem { all.append(.readOnlyRoot) }
        all += Operation.privileges(
            uid: uid, gid: gid, additionalGids: additionalGids, capabilities: capabilities, limits: limits,
            seccomp: seccomp)
        if initProcess { all.append(.initProcess) }
        return all + [.execute(arguments, environment: environment)]
    }

    /// Its own first, so that no link of an image's leads one over the kernel's. Then those of runtime-spec's Linux default
    /// (config-linux.md, "Default Filesystems"), hidden and read-only parts last.
    private var fileSystems: [Operation] {
        var all: [Operation] = []
        for mount in tmpfs where mount.path != Self.sharedMemory { all.append(mount.operation) }
        all += files.enumerated().map { $1.operation(source: $0) }
        all += [
            .attachProcfs,
            .attachDevices,
            .mount(
                "devpts", at: "dev/pts", [.noSetID, .noExecute],
                options: ["newinstance", "", "ptmxmode", "0666", "mode", "0620", "gid", "5"]),
        ]
        // Otherwise it is a directory of /dev, as large as it may be.
        all.append(ownSharedMemory?.operation ?? .restrict([Self.sharedMemory]))
        return all + [
            .attachSysfs,
            .mount("cgroup2", at: "sys/fs/cgroup", [.inert, .readOnly]),
            .readOnly(MaskedPaths.readOnly),
            // Behind what nobody sees once the last one is mounted over it.
            .mask(MaskedPaths.standard, behind: "dev/mqueue"),
            .mount("mqueue", at: "dev/mqueue", .inert),
        ]
    }

    /// What the definition says of `/dev/shm`, if it does.
    private var ownSharedMemory: TmpfsMount? { tmpfs.last { $0.path == Self.sharedMemory } }

    private static let sharedMemory = "/dev/shm"
}

extension ExecRequest {
    /// What the program's process does once it is inside.
    var operations: [Operation] {
        var all: [Operation] = [.becomeRoot()]
        if let terminal { all.append(.terminal(terminal, console: false)) }
        all += [.standardDescriptors, .directory(workingDirectory)]
        all += Operation.privileges(
            uid: uid, gid: gid, additionalGids: additionalGids, capabilities: capabilities, limits: limits,
            seccomp: seccomp)
        return all + [.execute(arguments, environment: environment)]
    }
}

extension Operation {
    /// From container root to what a program may be: the same for a container's own program and for one that enters it.
    ///
    /// The program of another user than root holds nothing, as if it had come by exec. The filter comes last: the steps
    /// before it need calls that it refuses.
    fileprivate static func privileges(
        uid: UInt32, gid: UInt32, additionalGids: [UInt32], capabilities: CapabilitySet, limits: [ResourceLimit],
        seccomp: SeccompProgram
    ) -> [Operation] {
        let held = uid == 0 ? capabilities : []
        let defaults = ResourceLimit.standard.filter { standard in
            !limits.contains { $0.resource == standard.resource }
        }
        // A default gives way to what the host has. What was asked for is kept or refused.
        return defaults.map { .limit($0, lenient: true) } + limits.map { .limit($0, lenient: false) } + [
            .bounding(capabilities), .user(uid: uid, gid: gid, additionalGids: additionalGids),
            .capabilities(effective: held, permitted: held), .noNewPrivileges, .seccomp(seccomp),
        ]
    }
}

extension BoundFile {
    /// A directory above it may be a link, which leads no further than the root; where the image has a link in its own place,
    /// or one that leads nowhere, the file is there all the same.
    func operation(source: Int) -> Operation {
        .bind(
            source, at: String(path.drop { $0 == "/" }), set: readOnly ? [.inert, .readOnly] : .inert, clear: [],
            propagation: .private, replacingLink: true)
    }
}

extension TmpfsMount {
    /// Docker's base is nosuid, nodev and noexec; the last option that says otherwise wins.
    var operation: Operation {
        var attributes: MountAttributes = .inert
        var settings: [String] = ["size", "\(sizeBytes)"]
        for option in options {
            switch option {
            case "ro": attributes.insert(.readOnly)
            case "rw": attributes.remove(.readOnly)
            case "nosuid": attributes.insert(.noSetID)
            case "suid": attributes.remove(.noSetID)
            case "noexec": attributes.insert(.noExecute)
            case "exec": attributes.remove(.noExecute)
            case "noatime": attributes = attributes.subtracting(.accessTimes).union(.noAccessTime)
            case "strictatime": attributes = attributes.subtracting(.accessTimes).union(.strictAccessTime)
            case "atime", "relatime", "nostrictatime": attributes.subtract(.accessTimes)
            case "nodiratime": attributes.insert(.noDirectoryAccessTime)
            case "sync", "dirsync": settings += [option, ""]
            case "diratime": attributes.remove(.noDirectoryAccessTime)
            default:
                let parts = option.split(separator: "=", maxSplits: 1)
                if parts.count == 2 { settings += parts.map(String.init) }
            }
        }
        return .mount(
            "tmpfs", at: String(path.drop { $0 == "/" }), attributes, options: settings, following: .links)
    }
}
