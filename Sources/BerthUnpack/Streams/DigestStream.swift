import BerthOCI

/// Passes bytes through and hashes them; at the end the hash must be the one expected.
///
/// The end is only handed on once the digest is right, so whoever has read to the end has read the right bytes.
package final class DigestStream: ByteStream {
    private let base: any ByteStream
    private let expected: Digest?
    private let subject: String
    private let limit: Int64
    private var hasher = SHA256()
    private var finished: Digest?
    /// Bytes that have passed.
    package private(set) var count: Int64 = 0

    /// - Parameters:
    ///   - expected: nil to only learn the digest.
    ///   - subject: what is hashed, for messages.
    ///   - limit: the most bytes to let through.
    package init(_ base: any ByteStream, expected: Digest?, subject: String, limit: Int64 = .max) {
        self.base = base
        self.expected = expected
        self.subject = subject
        self.limit = limit
    }

    /// - Throws: ``ImageError/Code/limitExceeded``; at the end ``ImageError/Code/digestMismatch``.
    package func next() throws(ImageError) -> UnsafeRawBufferPointer {
        guard finished == nil else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let piece = try base.next()
        if piece.isEmpty {
            _ = try digest()
            return piece
        }
        count += Int64(piece.count)
        guard count <= limit else {
            throw ImageError(.limitExceeded, "\(subject) has more than \(limit) bytes, the limit of a layer")
        }
        hasher.update(piece)
        return piece
    }

    /// What the bytes hash to; the stream must be at its end.
    package func digest() throws(ImageError) -> Digest {
        if let finished { return finished }
        guard let actual = hasher.finish() else {
            throw ImageError(.malformed, "\(subject) has no digest")
        }
        if let expected, actual != expected {
            throw ImageError(
                .digestMismatch,
                "\(subject) is corrupt: its bytes hash to \(actual), not to \(expected); fetch or save the image again")
        }
        finished = actual
        return actual
    }
}
