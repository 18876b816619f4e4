/// Bytes in order, lent a piece at a time: the way of a layer from its file to the extractor.
///
/// A stream belongs to one thread. Pieces are lent, not given, so that a layer of any length needs the memory of a
/// few buffers.
package protocol ByteStream: AnyObject {
    /// The next bytes; they stay valid until the next call. Empty at the end, and from then on.
    func next() throws(ImageError) -> UnsafeRawBufferPointer
}

extension ByteStream {
    /// Reads and drops what is left, for the sake of the checks on the way.
    package func drain() throws(ImageError) {
        while try !next().isEmpty {}
    }
}

/// A buffer that a stream lends pieces of, freed with it.
final class StreamBuffer {
    let bytes: UnsafeMutableRawBufferPointer

    init(count: Int) { bytes = .allocate(byteCount: count, alignment: 64) }

    deinit { bytes.deallocate() }
}
