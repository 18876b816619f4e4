import CISAL

/// Inflates gzip with ISA-L, which is twice as fast as zlib.
///
/// Members may follow each other, as RFC 1952 allows and parallel compressors write; anything else behind a member
/// is refused, as Go's reader (and so Docker) does.
final class GzipStream: ByteStream {
    private let base: any ByteStream
    private let subject: String
    private let output = StreamBuffer(count: 512 << 10)
    private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
    private var isDone = false

    /// `first` is the piece already taken from `base`, still valid.
    init(_ base: any ByteStream, first: UnsafeRawBufferPointer, subject: String) {
        self.base = base
        self.subject = subject
        isal_inflate_init(state)
        state.pointee.crc_flag = UInt32(ISAL_GZIP)
        lend(first)
    }

    deinit { state.deallocate() }

    func next() throws(ImageError) -> UnsafeRawBufferPointer {
        guard !isDone else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        state.pointee.next_out = output.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        state.pointee.avail_out = UInt32(output.bytes.count)
        while state.pointee.avail_out > 0 {
            if state.pointee.avail_in == 0 { lend(try base.next()) }
            let atEnd = state.pointee.avail_in == 0
            if state.pointee.block_state == ISAL_BLOCK_FINISH {
                if atEnd {
                    isDone = true
                    break
                }
                try beginMember()
            }
            let before = state.pointee.avail_out
            let result = isal_inflate(state)
            guard result == ISAL_DECOMP_OK || result == ISAL_END_INPUT || result == ISAL_OUT_OVERFLOW else {
                throw ImageError(
                    .malformed, "\(subject) is no valid gzip (ISA-L error \(result)); fetch or save the image again")
            }
            // What ISA-L holds in its own buffer still comes out after the last input byte.
            if atEnd && state.pointee.block_state != ISAL_BLOCK_FINISH && state.pointee.avail_out == before {
                throw ImageError(
                    .malformed, "\(subject) ends in the middle of its gzip stream; fetch or save the image again")
            }
        }
        return UnsafeRawBufferPointer(rebasing: output.bytes[..<(output.bytes.count - Int(state.pointee.avail_out))])
    }

    private func lend(_ piece: UnsafeRawBufferPointer) {
        // ISA-L takes a mutable pointer but only reads through it.
        state.pointee.next_in = UnsafeMutablePointer(mutating: piece.baseAddress?.assumingMemoryBound(to: UInt8.self))
        state.pointee.avail_in = UInt32(piece.count)
    }

    private func beginMember() throws(ImageError) {
        guard state.pointee.next_in.pointee == 0x1f else {
            throw ImageError(.malformed, "\(subject) has bytes behind the end of its gzip stream")
        }
        let (input, count) = (state.pointee.next_in, state.pointee.avail_in)
        isal_inflate_reset(state)
        state.pointee.crc_flag = UInt32(ISAL_GZIP)
        (state.pointee.next_in, state.pointee.avail_in) = (input, count)
    }
}
