import BerthUnpack

/// What is inflated of an input before it is given up: more finds nothing new.
private let mostBytes = 256 << 10

/// What inflating came to.
private enum Outcome: Equatable {
    case bytes(count: Int, sum: UInt64)
    case refused(ImageError.Code)
}

/// Whatever the bytes: they inflate to the same, or are refused for the same, in one piece and in many.
private func inflate(_ input: UnsafeRawBufferPointer) {
    let whole = outcome(of: input, pieces: max(1, input.count))
    // The magic number decides what it is, so the first piece must hold it.
    for pieces in [4, 7, 509] where input.count < 4096 || pieces == 509 {
        let parts = outcome(of: input, pieces: pieces)
        // Where a bomb is given up depends on how much of it has been read.
        if parts == .refused(.limitExceeded) || whole == .refused(.limitExceeded) { continue }
        if parts != whole { broken("in pieces of \(pieces) bytes: \(parts), in one: \(whole)") }
    }
}

private func outcome(of input: UnsafeRawBufferPointer, pieces: Int) -> Outcome {
    do throws(ImageError) {
        let plain = try Compression.inflate(PieceStream(input, length: pieces), subject: "input", limits: limits)
        var count = 0
        var sum: UInt64 = 14_695_981_039_346_656_037
        while count <= mostBytes {
            let piece = try plain.next()
            if piece.isEmpty { return try plain.next().isEmpty ? .bytes(count: count, sum: sum) : .refused(.unsafe) }
            count += piece.count
            for byte in piece { sum = (sum ^ UInt64(byte)) &* 1_099_511_628_211 }
        }
        return .refused(.limitExceeded)
    } catch {
        return .refused(error.code)
    }
}

/// Behind the magic number, so that no input is wasted on plain bytes.
@Sendable func inflateGzip(_ input: UnsafeRawBufferPointer) { prefixed([0x1f, 0x8b, 0x08], input) }

@Sendable func inflateZstd(_ input: UnsafeRawBufferPointer) { prefixed([0x28, 0xb5, 0x2f, 0xfd], input) }

private func prefixed(_ magic: [UInt8], _ input: UnsafeRawBufferPointer) {
    if input.starts(with: magic) || input.count < magic.count { return inflate(input) }
    var bytes = Array(input)
    bytes.replaceSubrange(0..<magic.count, with: magic)
    bytes.withUnsafeBytes(inflate)
}
