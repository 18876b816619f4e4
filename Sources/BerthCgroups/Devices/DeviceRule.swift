/// A sentence about accesses to devices, as runtime-spec has it in `linux.resources.devices`.
public struct DeviceRule: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        /// Block and character devices.
        case all = "a"
        case block = "b"
        case character = "c"
    }

    public struct Access: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The numbers are the kernel's: `BPF_DEVCG_ACC_` of linux/bpf.h.
        public static let makeNode = Access(rawValue: 1)
        public static let read = Access(rawValue: 2)
        public static let write = Access(rawValue: 4)
        public static let everything: Access = [.read, .write, .makeNode]
    }

    public var allows: Bool
    public var kind: Kind
    /// nil is any.
    public var major: UInt32?
    /// nil is any.
    public var minor: UInt32?
    public var access: Access

    public init(allows: Bool, _ kind: Kind, _ major: UInt32?, _ minor: UInt32?, access: Access = .everything) {
        self.allows = allows
        self.kind = kind
        self.major = major
        self.minor = minor
        self.access = access
    }

    func matches(_ kind: Kind, major: UInt32, minor: UInt32) -> Bool {
        (self.kind == .all || self.kind == kind) && (self.major ?? major) == major && (self.minor ?? minor) == minor
    }
}

extension DeviceRule.Access {
    /// From letters as in `rwm`, each at most once; nil for any other.
    public init?(letters: String) {
        var access: Self = []
        for letter in letters {
            let one: Self
            switch letter {
            case "r": one = .read
            case "w": one = .write
            case "m": one = .makeNode
            default: return nil
            }
            guard access.insert(one).inserted else { return nil }
        }
        self = access
    }

    var letters: String {
        (contains(.read) ? "r" : "") + (contains(.write) ? "w" : "") + (contains(.makeNode) ? "m" : "")
    }
}
