/// The one stretch of bytes that a request's `Range` asks for (RFC 9110, 14.2).
enum ByteRange: Equatable {
    /// No range, or one that a server may pass over: several stretches, or another unit.
    case whole
    case part(Range<Int64>)
    case unsatisfiable

    /// - Parameter length: bytes there are.
    init(_ header: String?, of length: Int64) {
        guard let header, header.hasPrefix("bytes="), !header.contains(",") else {
            self = .whole
            return
        }
        let bounds = header.dropFirst("bytes=".count).split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, bounds.allSatisfy({ $0.utf8.allSatisfy(Self.isDigit) }) else {
            self = .whole
            return
        }
        switch (Int64(bounds[0]), Int64(bounds[1])) {
        case (let first?, let last?) where first <= last:
            self = first < length ? .part(first..<min(last, length - 1) + 1) : .unsatisfiable
        case (let first?, nil) where bounds[1].isEmpty:
            self = first < length ? .part(first..<length) : .unsatisfiable
        case (nil, let count?) where bounds[0].isEmpty:
            self = count > 0 && length > 0 ? .part(max(0, length - count)..<length) : .unsatisfiable
        default: self = .whole
        }
    }

    fileprivate static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

/// The `Content-Range` of a chunk: `<first>-<last>`, as the distribution specification writes it.
struct ChunkRange: Equatable {
    var first: Int64
    var last: Int64

    /// Bytes of the chunk.
    var count: Int64 { last - first + 1 }

    /// Nil for what is no such range; `bytes` before it and a total behind it, which HTTP would have, are passed over.
    init?(_ header: String) {
        var text = header[...]
        if text.hasPrefix("bytes ") || text.hasPrefix("bytes=") { text = text.dropFirst("bytes ".count) }
        let bounds = text.prefix { $0 != "/" }.split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, bounds.allSatisfy({ $0.utf8.allSatisfy(ByteRange.isDigit) }),
            let first = Int64(bounds[0]), let last = Int64(bounds[1]), first <= last, last < .max
        else { return nil }
        self.first = first
        self.last = last
    }
}
