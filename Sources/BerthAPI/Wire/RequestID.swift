/// The id that every reply carries in `x-amzn-RequestId`: a random UUID (RFC 9562, version 4) in lower case.
///
/// Foundation's `UUID()` opens and closes `/dev/urandom` each time, which is dear on every request and impossible when
/// descriptors have run out: just when a reply must still say what is wrong.
enum RequestID {
    static func make() -> String {
        var source = SystemRandomNumberGenerator()
        let high = source.next() & ~0xF000 | 0x4000
        let low = source.next() & ~(0b11 << 62) | (0b10 << 62)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (bits, shift, digits) in [(high, 32, 8), (high, 16, 4), (high, 0, 4), (low, 48, 4), (low, 0, 12)] {
            if !text.isEmpty { text.append(UInt8(ascii: "-")) }
            for digit in (0..<digits).reversed() { text.append(Hex.digit(bits >> (shift + digit * 4))) }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
