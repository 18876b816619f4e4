/// Percent-encoding as Signature Version 4 wants it: everything but RFC 3986's unreserved characters, in upper case.
enum PercentEncoding {
    /// Appends `bytes` encoded; a slash stays when `keepingSlash`.
    static func append(_ bytes: some Sequence<UInt8>, to output: inout [UInt8], keepingSlash: Bool = false) {
        for byte in bytes {
            if isUnreserved(byte) || (keepingSlash && byte == UInt8(ascii: "/")) {
                output.append(byte)
            } else {
                output.append(UInt8(ascii: "%"))
                output.append(upperHex[Int(byte >> 4)])
                output.append(upperHex[Int(byte & 15)])
            }
        }
    }

    /// The bytes that an encoded text stands for. A `%` that no two hexadecimal digits follow stands for itself.
    ///
    /// - Parameter form: whether `+` stands for a space, as in forms and query strings.
    static func decode(_ text: some Collection<UInt8>, form: Bool) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        var index = text.startIndex
        while index != text.endIndex {
            let byte = text[index]
            index = text.index(after: index)
            if byte == UInt8(ascii: "%"), let value = hexPair(text[index...].prefix(2)) {
                output.append(value)
                index = text.index(index, offsetBy: 2)
            } else {
                output.append(form && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return output
    }

    private static func hexPair(_ pair: some Collection<UInt8>) -> UInt8? {
        guard pair.count == 2, let first = pair.first, let high = Hex.value(first),
            let low = Hex.value(pair[pair.index(after: pair.startIndex)])
        else { return nil }
        return high << 4 | low
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static let upperHex = Array("0123456789ABCDEF".utf8)
}
