/// A namespace that a container has of its own, or joins (config-linux.md, "Namespaces").
public struct RuntimeNamespace: Equatable, Sendable {
    /// The raw value is the document's word.
    public enum Kind: String, CaseIterable, Sendable {
        case pid
        case network
        case mount
        case ipc
        case uts
        case user
        case cgroup
        case time

        /// The CLONE_NEW flag of linux/sched.h.
        public var flag: UInt64 {
            switch self {
            case .pid: 0x2000_0000
            case .network: 0x4000_0000
            case .mount: 0x0002_0000
            case .ipc: 0x0800_0000
            case .uts: 0x0400_0000
            case .user: 0x1000_0000
            case .cgroup: 0x0200_0000
            case .time: 0x0000_0080
            }
        }

        /// The file's name below `/proc/PID/ns`.
        public var file: String {
            switch self {
            case .network: "net"
            case .mount: "mnt"
            default: rawValue
            }
        }
    }

    public var kind: Kind
    /// The file of the namespace to join; nil for a new one.
    public var path: String?

    public init(_ kind: Kind, path: String? = nil) {
        self.kind = kind
        self.path = path
    }

    init(_ field: Field) throws(SpecError) {
        kind = try field.member("type").requiredWord()
        let place = try field.member("path")
        let path = try place.string().flatMap { $0.isEmpty ? nil : $0 }
        if let path, !path.hasPrefix("/") {
            throw place.error("must be an absolute path", "write for example /proc/1/ns/net")
        }
        self.path = path
        if kind == .time { throw try field.member("type").unsupported("time namespaces") }
    }

    /// A namespace of a kind twice is an error by the specification.
    static func checkOnce(_ namespaces: [RuntimeNamespace], in field: Field) throws(SpecError) {
        var seen: Set<Kind> = []
        for namespace in namespaces where !seen.insert(namespace.kind).inserted {
            throw field.error("names the \(namespace.kind.rawValue) namespace twice", "write it once")
        }
    }
}

/// A range of ids of a user namespace and what they are outside of it.
public struct RuntimeIDMapping: Equatable, Sendable {
    /// The first id inside.
    public var containerID: UInt32
    /// The first id outside.
    public var hostID: UInt32
    /// How many ids, at least 1; neither end goes beyond the last id.
    public var size: UInt32

    public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
        self.containerID = containerID
        self.hostID = hostID
        self.size = size
    }

    init(_ field: Field) throws(SpecError) {
        containerID = try field.member("containerID").requiredInteger()
        hostID = try field.member("hostID").requiredInteger()
        size = try field.member("size").requiredInteger(in: 1...UInt32.max)
        for (name, first) in [("containerID", containerID), ("hostID", hostID)]
        where UInt64(first) + UInt64(size) > UInt64(UInt32.max) + 1 {
            throw try field.member(name).error("and size reach beyond the last id", "write a smaller range")
        }
    }

    /// The line of uid_map and gid_map (user_namespaces(7)).
    public var line: String { "\(containerID) \(hostID) \(size)\n" }
}

extension [RuntimeIDMapping] {
    /// The content of uid_map or gid_map.
    public var text: String { map(\.line).joined() }

    /// What an id of the container is outside of it; nil when it is not mapped.
    public func hostID(of id: UInt32) -> UInt32? {
        first { id >= $0.containerID && id - $0.containerID < $0.size }.map { $0.hostID + (id - $0.containerID) }
    }
}
