/// The configuration that `spec` writes: a shell in a container with little, to be changed by hand. The values are those
/// that runc's users know.
public enum DefaultConfiguration {
    /// - Parameter rootless: for the user of these ids, who may make no cgroup and no network.
    public static func document(rootless: (uid: UInt32, gid: UInt32)?) -> JSONValue {
        [
            "ociVersion": .string(SpecificationVersion.newest), "process": process,
            "root": ["path": "rootfs", "readonly": true], "hostname": "berth",
            "mounts": .array(mounts(isRootless: rootless != nil)), "linux": linux(rootless),
        ]
    }

    private static let process: JSONValue = [
        "terminal": true, "user": ["uid": 0, "gid": 0], "args": ["sh"],
        "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"], "cwd": "/",
        "capabilities": ["bounding": capabilities, "effective": capabilities, "permitted": capabilities],
        "rlimits": [["type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024]], "noNewPrivileges": true,
    ]

    private static let capabilities: JSONValue = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]

    private static func mount(_ destination: String, _ type: String, _ source: String, _ options: [String])
        -> JSONValue
    {
        var members: [JSONValue.Member] = [
            .init("destination", .string(destination)), .init("type", .string(type)), .init("source", .string(source)),
        ]
        if !options.isEmpty { members.append(.init("options", .strings(options))) }
        return .object(members)
    }

    private static func mounts(isRootless: Bool) -> [JSONValue] {
        let inert = ["nosuid", "noexec", "nodev"]
        var terminals = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
        // Group 5 is tty; a user without privileges has no such group to give.
        if !isRootless { terminals.append("gid=5") }
        let system =
            isRootless
            ? mount("/sys", "none", "/sys", ["rbind", "nosuid", "noexec", "nodev", "ro"])
            : mount("/sys", "sysfs", "sysfs", inert + ["ro"])
        var all = [
            mount("/proc", "proc", "proc", []),
            mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount("/dev/pts", "devpts", "devpts", terminals),
            mount("/dev/shm", "tmpfs", "shm", inert + ["mode=1777", "size=65536k"]),
            mount("/dev/mqueue", "mqueue", "mqueue", inert), system,
        ]
        if !isRootless { all.append(mount("/sys/fs/cgroup", "cgroup", "cgroup", inert + ["relatime", "ro"])) }
        return all
    }

    private static func linux(_ rootless: (uid: UInt32, gid: UInt32)?) -> JSONValue {
        var members: [JSONValue.Member] = []
        var kinds = ["pid", "network", "ipc", "uts", "mount", "cgroup"]
        if let rootless {
            kinds = ["pid", "ipc", "uts", "mount", "cgroup", "user"]
            func mapping(_ id: UInt32) -> JSONValue { [["containerID": 0, "hostID": .number(id), "size": 1]] }
            members.append(.init("uidMappings", mapping(rootless.uid)))
            members.append(.init("gidMappings", mapping(rootless.gid)))
        } else {
            members.append(.init("resources", ["devices": [["allow": false, "access": "rwm"]]]))
        }
        members.append(.init("namespaces", .array(kinds.map { ["type": .string($0)] })))
        members.append(.init("maskedPaths", .strings(maskedPaths)))
        members.append(.init("readonlyPaths", .strings(readonlyPaths)))
        return .object(members)
    }

    private static let maskedPaths = [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
        "/sys/firmware",
    ]

    private static let readonlyPaths = [
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
    ]
}
