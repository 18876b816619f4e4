/// A domain name: labels of bytes, without the root's empty one (RFC 1035, section 3.1).
public struct DomainName: Hashable, Sendable, CustomStringConvertible {
    /// As they were written; each 1 to 63 bytes.
    public let labels: [[UInt8]]

    /// The longest name on the wire, with its length bytes and the root.
    static let longest = 255
    static let longestLabel = 63

    /// Nil when a label is empty or too long, or all are.
    public init?(labels: [[UInt8]]) {
        guard labels.allSatisfy({ (1...Self.longestLabel).contains($0.count) }),
            labels.reduce(1, { $0 + $1.count + 1 }) <= Self.longest
        else { return nil }
        self.labels = labels
    }

    /// Reads `web.default.internal`, with or without a dot at its end; no escapes. Nil for what is no name.
    public init?(_ text: String) {
        let text = text.hasSuffix(".") ? text.dropLast() : text[...]
        if text.isEmpty {
            self = .root
        } else {
            let dot = UInt8(ascii: ".")
            self.init(labels: text.utf8.split(separator: dot, omittingEmptySubsequences: false).map { Array($0) })
        }
    }

    /// The name without labels.
    public static let root = DomainName()

    private init() { labels = [] }

    /// Lower case, as names are compared (RFC 4343); a byte that is no printable ASCII is shown as `\DDD`.
    public var description: String {
        labels.map { label in
            label.map(Self.lower).reduce(into: "") { text, byte in
                if (0x21...0x7E).contains(byte), byte != UInt8(ascii: "."), byte != UInt8(ascii: "\\") {
                    text.unicodeScalars.append(Unicode.Scalar(byte))
                } else {
                    let digits = String(byte)
                    text += "\\" + String(repeating: "0", count: 3 - digits.utf8.count) + digits
                }
            }
        }.joined(separator: ".")
    }

    /// The labels before a suffix; nil when the name has another end.
    public func prefix(before suffix: DomainName) -> [[UInt8]]? {
        guard labels.count >= suffix.labels.count,
            DomainName.areEqual(labels.suffix(suffix.labels.count), suffix.labels[...])
        else { return nil }
        return Array(labels.dropLast(suffix.labels.count))
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.labels.count == right.labels.count && areEqual(left.labels[...], right.labels[...])
    }

    public func hash(into hasher: inout Hasher) {
        for label in labels {
            hasher.combine(label.count)
            for byte in label { hasher.combine(Self.lower(byte)) }
        }
    }

    private static func areEqual(_ left: ArraySlice<[UInt8]>, _ right: ArraySlice<[UInt8]>) -> Bool {
        left.elementsEqual(right) { $0.elementsEqual($1) { lower($0) == lower($1) } }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
