/// Ids that nobody can guess.
///
/// Foundation's `UUID()` opens and closes `/dev/urandom` each time, which is dear on the way of every request and task and
/// impossible when descriptors have run out.
public enum RandomID {
    /// 122 random bits as a UUID (RFC 9562, version 4) in lower case.
    public static func uuid() -> String {
        var source = SystemRandomNumberGenerator()
        let high = source.next() & ~0xF000 | 0x4000
        let low = source.next() & ~(0b11 << 62) | (0b10 << 62)
        return text([(high, 32, 8), (high, 16, 4), (high, 0, 4), (low, 48, 4), (low, 0, 12)], separator: "-")
    }

    /// 128 random bits in 32 digits.
    public static func hexadecimal() -> String {
        var source = SystemRandomNumberGenerator()
        return text([(source.next(), 0, 16), (source.next(), 0, 16)], separator: "")
    }

    private typealias Group = (bits: UInt64, shift: Int, digits: Int)

    private static func text(_ groups: [Group], separator: String) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for group in groups {
            if !text.isEmpty { text.append(contentsOf: separator.utf8) }
            for digit in (0..<group.digits).reversed() {
                let value = UInt8(truncatingIfNeeded: group.bits >> (group.shift + digit * 4)) & 15
                text.append(value + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
