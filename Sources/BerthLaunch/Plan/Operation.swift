import BerthConfinement
import CBerthPlan

/// One step of a launch plan, before it is laid out in the buffer. What the members mean stands beside each code in
/// `berth_plan.h`.
struct Operation {
    var code: Int
    var numbers: (UInt64, UInt64) = (0, 0)
    var texts: [String] = []
    var list: [String]?
    /// Bytes that take the place of the first text.
    var bytes: [UInt8]?
    /// A second list that takes the place of the first text.
    var secondList: [String]?
}

/// Attributes of a mount, as fsmount(2) takes them.
enum MountAttribute {
    static let readOnly: UInt64 = 0x1
    static let noSetID: UInt64 = 0x2
    static let noDevices: UInt64 = 0x4
    static let noExecute: UInt64 = 0x8
    /// What nothing but the root file system and shared memory need to go without.
    static let inert = noSetID | noDevices | noExecute
}

extension ContainerLaunch {
    /// What the shim does for this container as host root.
    func hostOperations(directory: String, layersByDescriptor: Bool) -> [Operation] {
        // Topmost first, each once: overlay refuses a layer that comes again, and only its topmost place shows.
        var seen: Set<String> = []
        let names = layers.reversed().map { String($0.dropFirst(layersRoot.utf8.count).drop { $0 == "/" }) }
            .filter { seen.insert($0).inserted }
        return [
            Operation(
                code: BERTH_HOST_OVERLAY, numbers: (layersByDescriptor ? 1 : 0, 0),
                texts: [layersRoot, "\(directory)/containers/\(name)"], list: names),
            Operation(code: BERTH_HOST_DEVICES, texts: ["64k"]),
        ]
    }

    /// What the container's first process does, from clone3 to execve.
    func operations(directory: String, hostname: String, joins: [String]) -> [Operation] {
        var all: [Operation] = []
        if !joins.isEmpty { all.append(Operation(code: BERTH_CHILD_JOIN, list: joins)) }
        all.append(Operation(code: BERTH_CHILD_ROOT, texts: [directory]))
        all += fileSystems
        all.append(Operation(code: BERTH_CHILD_PIVOT))
        all.append(Operation(code: BERTH_CHILD_HOSTNAME, texts: [hostname]))
        all.append(Operation(code: BERTH_CHILD_LOOPBACK))
        // Fargate's default for the number of open files (RegisterTaskDefinition, `ulimits`); 7 is RLIMIT_NOFILE.
        all.append(Operation(code: BERTH_CHILD_LIMIT, numbers: (7, 65535)))
        // No core files: 4 is RLIMIT_CORE. They would fill the task's disk with its secrets.
        all.append(Operation(code: BERTH_CHILD_LIMIT, numbers: (4, 0)))
        all.append(Operation(code: BERTH_CHILD_STDIO))
        all.append(Operation(code: BERTH_CHILD_DIRECTORY, texts: [workingDirectory]))
        // Behind the working directory, which may have to be made.
        if readonlyRootFilesystem { all.append(Operation(code: BERTH_CHILD_READ_ONLY_ROOT)) }
        all.append(Operation(code: BERTH_CHILD_BOUNDING, numbers: (capabilities.bits, 0)))
        all.append(user)
        all.append(Operation(code: BERTH_CHILD_CAPABILITIES, numbers: (capabilities.bits, 0)))
        all.append(
            Operation(
                code: BERTH_CHILD_SECCOMP, numbers: (UInt64(seccomp.count), 0),
                bytes: seccomp.instructions))
        all.append(
            Operation(code: BERTH_CHILD_EXECUTE, list: arguments, secondList: environment))
        return all
    }

    /// The file systems of runtime-spec's Linux default (config-linux.md, "Default Filesystems"), hidden and read-only
    /// parts last. proc and sysfs must be mounted before the host's are out of sight: the kernel gives a user namespace
    /// only what it could see already.
    private var fileSystems: [Operation] {
        func mount(_ type: String, _ target: String, _ attributes: UInt64, _ options: [String] = []) -> Operation {
            Operation(
                code: BERTH_CHILD_MOUNT, numbers: (attributes, 0), texts: [type, target], list: options)
        }
        typealias Attribute = MountAttribute
        return [
            mount("proc", "proc", Attribute.inert),
            Operation(code: BERTH_CHILD_DEVICES),
            mount(
                "devpts", "dev/pts", Attribute.noSetID | Attribute.noExecute,
                ["newinstance", "", "ptmxmode", "0666", "mode", "0620", "gid", "5"]),
            mount("tmpfs", "dev/shm", Attribute.inert, ["mode", "1777", "size", "64m"]),
            mount("mqueue", "dev/mqueue", Attribute.inert),
            mount("sysfs", "sys", Attribute.inert | Attribute.readOnly),
            mount("cgroup2", "sys/fs/cgroup", Attribute.inert | Attribute.readOnly),
            Operation(code: BERTH_CHILD_READ_ONLY, list: MaskedPaths.readOnly),
            Operation(code: BERTH_CHILD_MASK, list: MaskedPaths.standard),
        ]
    }

    private var user: Operation {
        var groups = [UInt32(additionalGids.count)]
        groups += additionalGids
        return Operation(
            code: BERTH_CHILD_USER, numbers: (UInt64(uid), UInt64(gid)),
            bytes: groups.flatMap { withUnsafeBytes(of: $0, Array.init) })
    }
}
