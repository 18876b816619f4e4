/// A capability of the kernel; the raw value is its bit (capabilities(7), `linux/capability.h` of Linux 6.1 and later).
public enum Capability: UInt8, CaseIterable, Hashable, Sendable {
    case chown = 0
    case dacOverride, dacReadSearch, fowner, fsetid, kill, setgid, setuid, setpcap, linuxImmutable
    case netBindService, netBroadcast, netAdmin, netRaw, ipcLock, ipcOwner, sysModule, sysRawio, sysChroot, sysPtrace
    case sysPacct, sysAdmin, sysBoot, sysNice, sysResource, sysTime, sysTTYConfig, mknod, lease, auditWrite
    case auditControl, setfcap, macOverride, macAdmin, syslog, wakeAlarm, blockSuspend, auditRead, perfmon, bpf
    case checkpointRestore

    /// The name as ECS and Docker write it, without the `CAP_` of capabilities(7): for example `NET_BIND_SERVICE`.
    public var name: String { Self.names[Int(rawValue)] }

    /// Reads `NET_RAW` or `CAP_NET_RAW`, in any case.
    public init(name: String) throws(CapabilityError) {
        var word = name.uppercased()
        if word.hasPrefix("CAP_") { word.removeFirst(4) }
        guard let found = Self.byName[word] else { throw .unknown(name: name) }
        self = found
    }

    private static let names = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ]
    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })
}

/// A list of capabilities that cannot be read.
public enum CapabilityError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknown(name: String)

    /// The name that is none, and what to write instead.
    public var description: String {
        switch self {
        case .unknown(let name):
            "unknown capability \"\(name)\": write a name of capabilities(7) such as NET_BIND_SERVICE, or ALL"
        }
    }
}
