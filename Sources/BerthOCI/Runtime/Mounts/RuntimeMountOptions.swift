/// The options of a mount, told apart by who acts on them (config.md, "Linux mount options").
public struct RuntimeMountOptions: Equatable, Sendable {
    /// Whether something is for a mount alone or for all below it, too.
    public enum Extent: Equatable, Sendable {
        case single
        case recursive
    }

    /// How mounts made below are seen on the other side (mount_namespaces(7)). The raw value is the MS_ flag of
    /// sys/mount.h.
    public enum Propagation: UInt64, Sendable {
        case isPrivate = 0x4_0000
        case slave = 0x8_0000
        case shared = 0x10_0000
        case unbindable = 0x2_0000
    }

    /// A change of propagation, alone or for all mounts below.
    public struct PropagationChange: Equatable, Sendable {
        /// Changes in the order of the options.
        public var propagation: Propagation
        public var extent: Extent
    }

    /// Nil for a file system of its own.
    public var bind: Extent?
    /// Whether what is mounted at the destination already gets other attributes.
    public var isRemount = false
    /// For the mount alone.
    public var attributes = RuntimeMountAttributes()
    /// For the mount and all below it (`rro` and its like).
    public var recursiveAttributes = RuntimeMountAttributes()
    public var propagation: [PropagationChange] = []
    /// What is mounted with mapped ids (mount_setattr(2), MOUNT_ATTR_IDMAP); nil for nothing.
    public var idMapping: Extent?
    /// A tmpfs begins with what the image has at its place.
    public var copiesUp = false
    /// For the file system itself, in order: a key, and its value if it has one.
    public var parameters: [Parameter] = []

    /// An option that the file system reads itself (fsconfig(2)).
    public struct Parameter: Equatable, Sendable {
        public var key: String
        /// Nil for a flag.
        public var value: String?
        public init(_ key: String, _ value: String? = nil) {
            self.key = key
            self.value = value
        }
    }

    public init() {}

    init(_ field: Field) throws(SpecError) {
        for element in try field.elements() {
            let option = try element.requiredString()
            // Some writers put several into one text, as mount(8) takes them.
            for word in option.split(separator: ",") { apply(String(word)) }
        }
    }

    /// Reads options of mount(8), one a word; what is none of ours goes to the file system.
    public init(_ words: [String]) {
        for word in words { apply(word) }
    }

    private mutating func apply(_ option: String) {
        if Self.ignored.contains(option) { return }
        if let change = RuntimeMountAttributes.options[option] { return attributes.apply(change) }
        if let propagation = Self.propagations[option] { return self.propagation.append(propagation) }
        switch option {
        case "bind": bind = bind ?? .single
        case "rbind": bind = .recursive
        case "remount": isRemount = true
        case "idmap": idMapping = idMapping ?? .single
        case "ridmap": idMapping = .recursive
        case "tmpcopyup": copiesUp = true
        default:
            if option.hasPrefix("r"), let change = RuntimeMountAttributes.options[String(option.dropFirst())] {
                recursiveAttributes.apply(change)
            } else {
                let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                parameters.append(Parameter(String(parts[0]), parts.count > 1 ? String(parts[1]) : nil))
            }
        }
    }

    /// Options that mean nothing to the kernel any more, or only what it prints to its log.
    private static let ignored: Set = ["defaults", "silent", "loud", "iversion", "noiversion", "acl", "noacl"]

    private static let propagations: [String: PropagationChange] = {
        var changes: [String: PropagationChange] = [:]
        let names: [(String, Propagation)] = [
            ("private", .isPrivate), ("slave", .slave), ("shared", .shared), ("unbindable", .unbindable),
        ]
        for (name, propagation) in names {
            changes[name] = PropagationChange(propagation: propagation, extent: .single)
            changes["r" + name] = PropagationChange(propagation: propagation, extent: .recursive)
        }
        return changes
    }()

    /// A rootfsPropagation (config-linux.md, "Rootfs Mount Propagation"): the same words, one of them.
    static func propagation(_ field: Field) throws(SpecError) -> PropagationChange? {
        guard let word = try field.string(), !word.isEmpty else { return nil }
        if let change = propagations[word] { return change }
        throw field.error(
            "is no propagation", "write one of: \(propagations.keys.sorted().joined(separator: ", "))")
    }

    /// Every option that Berth knows by name, for the features document.
    public static var known: [String] {
        let recursive = RuntimeMountAttributes.options.keys.map { "r" + $0 }
        let own = ["bind", "rbind", "remount", "idmap", "ridmap", "tmpcopyup"]
        let ofFileSystems = ["async", "sync", "dirsync", "lazytime", "nolazytime", "mand", "nomand"]
        return (own + ofFileSystems + recursive + RuntimeMountAttributes.options.keys + propagations.keys + ignored)
            .sorted()
    }
}
