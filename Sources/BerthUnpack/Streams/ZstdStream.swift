import CZstd

/// Inflates zstd; frames may follow each other.
final class ZstdStream: ByteStream {
    /// 2^25 bytes, the largest window that the builders in use write (buildkit's best level); zstd's own default of
    /// 2^27 would let a layer choose to cost 128 MiB.
    private static let maximumWindowLog: Int32 = 25

    /// Bytes that a frame's header has at most (RFC 8878, 3.1.1.1, with the magic number).
    private static let maximumHeader = 18

    private let base: any ByteStream
    private let subject: String
    private let output = StreamBuffer(count: 512 << 10)
    private let context: OpaquePointer
    private var input: ZSTD_inBuffer
    /// Zero exactly between two frames.
    private var pending = 1
    /// How many of the first ``maximumHeader`` bytes of its frame have been read.
    private var headerBytes = 0
    private var isDone = false

    /// `first` is the piece already taken from `base`, still valid.
    init(_ base: any ByteStream, first: UnsafeRawBufferPointer, subject: String) throws(ImageError) {
        self.base = base
        self.subject = subject
        guard let context = ZSTD_createDCtx() else {
            throw ImageError(.storage, "no memory to inflate \(subject)")
        }
        self.context = context
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.maximumWindowLog)
        input = ZSTD_inBuffer(src: first.baseAddress, size: first.count, pos: 0)
    }

    deinit { ZSTD_freeDCtx(context) }

    func next() throws(ImageError) -> UnsafeRawBufferPointer {
        var filled = ZSTD_outBuffer(dst: output.bytes.baseAddress, size: output.bytes.count, pos: 0)
        while !isDone && filled.pos < filled.size {
            if input.pos == input.size {
                let piece = try base.next()
                input = ZSTD_inBuffer(src: piece.baseAddress, size: piece.count, pos: 0)
                if piece.isEmpty && pending == 0 {
                    isDone = true
                    break
                }
            }
            let before = filled.pos
            let result = inflate(into: &filled)
            guard ZSTD_isError(result) == 0 else {
                throw ImageError(
                    .malformed,
                    "\(subject) is no valid zstd: \(String(cString: ZSTD_getErrorName(result))); "
                        + "fetch or save the image again"
                )
            }
            pending = result
            if input.size == 0 && result != 0 && filled.pos == before {
                throw ImageError(
                    .malformed, "\(subject) ends in the middle of its zstd stream; fetch or save the image again")
            }
        }
        return UnsafeRawBufferPointer(rebasing: output.bytes[..<filled.pos])
    }

    /// A frame that lies before it as a whole is inflated by libzstd in another way, which takes some that break the
    /// format. Whether one lies there depends on how fast it comes; so the bytes of a header are lent one by one, and it
    /// never does.
    private func inflate(into filled: inout ZSTD_outBuffer) -> Int {
        let start = input.pos
        let end = input.size
        if headerBytes < Self.maximumHeader { input.size = min(end, start + 1) }
        let result = ZSTD_decompressStream(context, &filled, &input)
        input.size = end
        headerBytes = result == 0 ? 0 : min(Self.maximumHeader, headerBytes + input.pos - start)
        return result
    }
}
