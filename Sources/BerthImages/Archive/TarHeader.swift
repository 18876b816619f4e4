/// The header of a plain file in a tar archive (POSIX.1-1988 ustar), the same bytes whenever it is made.
package enum TarHeader {
    /// Bytes; a header is one block, and a file's bytes are filled up to whole ones.
    package static let blockSize = 512

    /// - Parameters:
    ///   - name: at most 100 bytes of ASCII.
    ///   - size: bytes of the file; from 8 GiB on in GNU's binary form, which every reader knows.
    package static func file(_ name: String, size: Int64) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: blockSize)
        func put(_ bytes: some Sequence<UInt8>, at offset: Int) {
            for (index, byte) in bytes.enumerated() { header[offset + index] = byte }
        }
        put(name.utf8.prefix(100), at: 0)
        put("0000644".utf8, at: 100)
        put("0000000".utf8, at: 108)
        put("0000000".utf8, at: 116)
        if size < 1 << 33 {
            put(octal(size, digits: 11), at: 124)
        } else {
            header[124] = 0x80
            for index in 0..<8 { header[135 - index] = UInt8(truncatingIfNeeded: size >> (8 * Int64(index))) }
        }
        put(octal(0, digits: 11), at: 136)
        header[156] = UInt8(ascii: "0")
        put("ustar\u{0}00".utf8, at: 257)
        // The checksum is that of the header with spaces in its place.
        for index in 148..<156 { header[index] = UInt8(ascii: " ") }
        let sum = header.reduce(0) { $0 + Int64($1) }
        put(octal(sum, digits: 6) + [0, UInt8(ascii: " ")], at: 148)
        return header
    }

    /// Zeros that fill a file's last block.
    package static func padding(after size: Int64) -> Int {
        let rest = Int(size % Int64(blockSize))
        return rest == 0 ? 0 : blockSize - rest
    }

    private static func octal(_ value: Int64, digits: Int) -> [UInt8] {
        let text = Array(String(value, radix: 8).utf8)
        return [UInt8](repeating: UInt8(ascii: "0"), count: max(0, digits - text.count)) + text
    }
}
