/// A file system in memory, counted as the container's memory.
public struct TmpfsMount: Equatable, Sendable {
    /// Absolute, in the container.
    public var path: String
    /// The most it holds, in bytes.
    public var sizeBytes: UInt64
    /// As mount(8) knows them.
    public var options: [String]

    /// - Parameters:
    ///   - path: absolute, in the container.
    ///   - sizeBytes: the most it holds.
    ///   - options: as mount(8) knows them.
    public init(path: String, sizeBytes: UInt64, options: [String] = []) {
        self.path = path
        self.sizeBytes = sizeBytes
        self.options = options
    }
}

/// A file of the host that a container sees in place of whatever its image has there.
public struct BoundFile: Equatable, Sendable {
    /// Absolute, in the container; made, with the directories above it, when missing.
    public var path: String
    /// On the host. Whoever may write to it there may do so in the container, by the same ids.
    public var source: String
    /// Whether nobody in the container may write to it.
    public var readOnly: Bool

    /// - Parameters:
    ///   - path: absolute, in the container.
    ///   - source: absolute, on the host.
    public init(path: String, source: String, readOnly: Bool) {
        self.path = path
        self.source = source
        self.readOnly = readOnly
    }
}

/// A kernel setting of the container's own namespaces, for example `net.ipv4.ip_local_port_range`.
public struct SystemControl: Equatable, Sendable {
    /// With dots or slashes, as sysctl(8) takes it.
    public var name: String
    /// As written to its file below `/proc/sys`.
    public var value: String

    /// - Parameter name: with dots or slashes, as sysctl(8) takes it.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// Its file below `/proc/sys`. The first separator in the name decides (sysctl(8)): where that is a dot, dots are the
    /// separators, and a slash is a dot in a part, as in `net.ipv4.conf.eth0/1.forwarding`.
    var path: String {
        guard name.first(where: { $0 == "." || $0 == "/" }) == "." else { return name }
        return String(name.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
    }
}

/// A limit of every process of a container (setrlimit(2)).
public struct ResourceLimit: Equatable, Sendable {
    /// By the names of ECS and Docker; the number is the kernel's (`asm-generic/resource.h`).
    public enum Resource: Int, CaseIterable, Sendable {
        case cpu = 0
        case fsize, data, stack, core, rss, nproc, nofile, memlock
        // `RLIMIT_AS` has no name in ECS.
        case addressSpace
        case locks, sigpending, msgqueue, nice, rtprio, rttime

        /// Nil for a name that is none.
        public init?(name: String) {
            guard let found = Self.allCases.first(where: { "\($0)" == name && $0 != .addressSpace }) else { return nil }
            self = found
        }
    }

    /// What is limited.
    public var resource: Resource
    /// In the resource's own unit (setrlimit(2)): bytes, files, processes, seconds; `.max` for none. Not above `hard`.
    public var soft: UInt64
    /// What the soft limit may be raised to; in the same unit.
    public var hard: UInt64

    /// - Parameters:
    ///   - soft: what holds, in the resource's own unit.
    ///   - hard: what it may be raised to.
    public init(_ resource: Resource, soft: UInt64, hard: UInt64) {
        self.resource = resource
        self.soft = soft
        self.hard = hard
    }

    /// What a container has that asks for nothing: Fargate's number of open files (RegisterTaskDefinition, `ulimits`), and no
    /// core files, which would fill the task's disk with its secrets.
    public static let standard = [
        ResourceLimit(.nofile, soft: 65535, hard: 65535), ResourceLimit(.core, soft: 0, hard: 0),
    ]
}

/// The size of a terminal, in characters.
public struct WindowSize: Codable, Equatable, Sendable {
    /// Lines.
    public var rows: UInt16
    /// Characters in a line.
    public var columns: UInt16

    /// 0 for what is not known (ioctl_tty(2), TIOCSWINSZ).
    public init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}
