/// Chooses how a blob is inflated by its first bytes, as Docker does: media types are often wrong about it, and the
/// DiffID proves the outcome.
package enum Compression: Sendable {
    case none, gzip, zstd

    /// `none` for what is neither; four bytes are enough to tell.
    package init(firstBytes: UnsafeRawBufferPointer) {
        if firstBytes.starts(with: [0x1f, 0x8b]) {
            self = .gzip
        } else if firstBytes.starts(with: [0x28, 0xb5, 0x2f, 0xfd])
            || (firstBytes.count >= 4 && firstBytes[0] & 0xf0 == 0x50
                && firstBytes[1...3].elementsEqual([0x2a, 0x4d, 0x18]))
        {
            // The second is a skippable frame, which zstd:chunked images may begin with (RFC 8878, 3.1.2).
            self = .zstd
        } else {
            self = .none
        }
    }

    /// The plain bytes of `base`.
    ///
    /// - Parameter limits: what a bomb is; the plain bytes themselves are not counted here.
    package static func inflate(
        _ base: any ByteStream, subject: String, limits: LayerLimits = LayerLimits()
    ) throws(ImageError) -> any ByteStream {
        let counted = CountedStream(base)
        let first = try counted.next()
        switch Compression(firstBytes: first) {
        case .none: return ResumedStream(base, first: first)
        case .gzip:
            return RatioStream(
                GzipStream(counted, first: first, subject: subject), of: counted, subject: subject, limits: limits)
        case .zstd:
            return RatioStream(
                try ZstdStream(counted, first: first, subject: subject), of: counted, subject: subject, limits: limits)
        }
    }
}

/// A stream with its first piece, already taken from it, put back.
private final class ResumedStream: ByteStream {
    private let base: any ByteStream
    private var first: UnsafeRawBufferPointer?

    init(_ base: any ByteStream, first: UnsafeRawBufferPointer) {
        self.base = base
        self.first = first
    }

    func next() throws(ImageError) -> UnsafeRawBufferPointer {
        if let piece = first {
            first = nil
            return piece
        }
        return try base.next()
    }
}
