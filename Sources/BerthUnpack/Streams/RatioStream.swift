/// Passes inflated bytes through and gives up when they are far more than what they came of.
///
/// Counted while they come: a bomb is found out before it is on the disk, also one whose whole length nobody knows yet.
final class RatioStream: ByteStream {
    private let base: any ByteStream
    private let source: CountedStream
    private let subject: String
    private let limits: LayerLimits
    private var count: Int64 = 0

    /// - Parameter source: what `base` inflates.
    init(_ base: any ByteStream, of source: CountedStream, subject: String, limits: LayerLimits) {
        self.base = base
        self.source = source
        self.subject = subject
        self.limits = limits
    }

    func next() throws(ImageError) -> UnsafeRawBufferPointer {
        let piece = try base.next()
        count += Int64(piece.count)
        let beyond = count - limits.ratioFreeBytes
        // Divided, because a limit that an operator sets may be as large as numbers get.
        guard beyond <= 0 || beyond / max(1, source.count) < limits.maximumRatio else {
            throw ImageError(
                .limitExceeded,
                "\(subject) inflates to more than \(limits.maximumRatio) times its size, the limit beyond the first "
                    + "\(limits.ratioFreeBytes) bytes; if it is no bomb, raise images.limits.ratio")
        }
        return piece
    }
}

/// Counts what is taken from a stream.
final class CountedStream: ByteStream {
    private let base: any ByteStream
    private(set) var count: Int64 = 0

    init(_ base: any ByteStream) { self.base = base }

    func next() throws(ImageError) -> UnsafeRawBufferPointer {
        let piece = try base.next()
        count += Int64(piece.count)
        return piece
    }
}
