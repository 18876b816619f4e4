/// The SHA-256 of a blob, written `sha256:` and 64 lower-case hexadecimal digits.
///
/// The parser is strict because digests become file names: upper case, another length, another algorithm or a path
/// behind the colon is no digest. The image specification also registers sha512; no registry in use writes it.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The 64 hexadecimal digits.
    public let hex: String

    /// Reads `sha256:<64 lower-case hexadecimal digits>`; nil for anything else.
    public init?(_ text: String) {
        guard text.hasPrefix(Self.prefix) else { return nil }
        self.init(hex: String(text.utf8.dropFirst(Self.prefix.utf8.count)) ?? "")
    }

    /// Takes the 64 lower-case hexadecimal digits alone; nil for anything else.
    public init?(hex: String) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy(Self.isHexadecimal) else { return nil }
        self.hex = hex
    }

    /// Takes the 32 bytes of a SHA-256; nil for another length.
    public init?(bytes: some Sequence<UInt8>) {
        var digits: [UInt8] = []
        digits.reserveCapacity(64)
        for byte in bytes {
            digits.append(Self.digits[Int(byte >> 4)])
            digits.append(Self.digits[Int(byte & 15)])
        }
        self.init(hex: String(decoding: digits, as: UTF8.self))
    }

    /// `sha256:` and the digits.
    public var description: String { Self.prefix + hex }

    private static let prefix = "sha256:"
    private static let digits = Array("0123456789abcdef".utf8)

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

extension Digest: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription:
                    "\"\(text.prefix(80))\" is no digest: only sha256: and 64 lower-case hexadecimal digits are")
        }
        self = digest
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
