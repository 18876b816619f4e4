/// A device node that the container gets (config-linux.md, "Devices").
public struct RuntimeDevice: Equatable, Sendable {
    /// The raw value is the document's word, of mknod(1).
    public enum Kind: String, CaseIterable, Sendable {
        case character = "c"
        case unbufferedCharacter = "u"
        case block = "b"
        case pipe = "p"

        /// The file type bits of mknod(2).
        public var mode: UInt32 {
            switch self {
            case .character, .unbufferedCharacter: 0o020000
            case .block: 0o060000
            case .pipe: 0o010000
            }
        }
    }

    /// Absolute in the container.
    public var path: String
    public var kind: Kind
    /// 0 for a pipe.
    public var major: UInt32
    public var minor: UInt32
    /// The lowest nine bits of its mode.
    public var fileMode: UInt32
    /// Its owner, by the container's ids; so is the group.
    public var uid: UInt32
    public var gid: UInt32

    public init(_ path: String, _ kind: Kind, major: UInt32, minor: UInt32, fileMode: UInt32 = 0o666) {
        self.path = path
        self.kind = kind
        self.major = major
        self.minor = minor
        self.fileMode = fileMode
        uid = 0
        gid = 0
    }

    init(_ field: Field) throws(SpecError) {
        let place = try field.member("path")
        guard let path = try place.absolutePath() else { throw place.missing }
        self.path = path
        kind = try field.member("type").requiredWord()
        // Linux keeps 12 bits of major and 20 of minor (linux/kdev_t.h).
        let major: UInt32? = try field.member("major").integer(in: 0...0xfff)
        let minor: UInt32? = try field.member("minor").integer(in: 0...0xf_ffff)
        if kind != .pipe && major == nil { throw try field.member("major").missing }
        if kind != .pipe && minor == nil { throw try field.member("minor").missing }
        self.major = major ?? 0
        self.minor = minor ?? 0
        // Go's os.FileMode has type bits above; those of permission are the lowest nine.
        fileMode = (try field.member("fileMode").integer(UInt32.self) ?? 0o666) & 0o777
        uid = try field.member("uid").integer() ?? 0
        gid = try field.member("gid").integer() ?? 0
    }

    /// What every container has (config-linux.md, "Default Devices"); `/dev/console` and `/dev/ptmx` are made apart.
    public static let standard = [
        RuntimeDevice("/dev/null", .character, major: 1, minor: 3),
        RuntimeDevice("/dev/zero", .character, major: 1, minor: 5),
        RuntimeDevice("/dev/full", .character, major: 1, minor: 7),
        RuntimeDevice("/dev/random", .character, major: 1, minor: 8),
        RuntimeDevice("/dev/urandom", .character, major: 1, minor: 9),
        RuntimeDevice("/dev/tty", .character, major: 5, minor: 0),
    ]
}
