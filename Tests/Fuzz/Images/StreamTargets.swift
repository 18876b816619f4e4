import BerthUnpack

/// What is inflated of an input before it is given up: more finds nothing new.
private let mostBytes = 1 << 20

/// A bomb is one early enough to be found out before it is given up.
private let streamLimits = {
    var limits = limits
    limits.ratioFreeBytes = 256 << 10
    limits.maximumRatio = 50
    return limits
}()

/// What inflating came to.
private enum Outcome: Equatable {
    case bytes(count: Int, sum: UInt64)
    case refused(ImageError.Code)
    /// It goes on behind ``mostBytes``.
    case givenUp
}

/// Whatever the bytes: they inflate to the same, or are refused for the same, in one piece and in many.
private func inflate(_ input: UnsafeRawBufferPointer) {
    let whole = outcome(of: input, pieces: max(1, input.count))
    // The magic number decides what it is, so the first piece must hold it.
    for pieces in [4, 7, 509] where input.count < 4096 || pieces == 509 {
        let parts = outcome(of: input, pieces: pieces)
        if !isSame(whole, parts) { broken("in pieces of \(pieces) bytes: \(parts), in one: \(whole)") }
    }
}

/// Two differences there are, and no other.
///
/// A ratio counts the compressed bytes that were taken, and in one piece all of them are taken at once: what is a bomb
/// in one piece is one in many, but one in many may be none in one. And who has all bytes at once may see a fault in the
/// block behind the last one that still had room in the output, before that is handed out.
private func isSame(_ whole: Outcome, _ parts: Outcome) -> Bool {
    switch (whole, parts) {
    case (.bytes(let count, _), .refused(.limitExceeded)): count > streamLimits.ratioFreeBytes
    case (.refused(.malformed), .refused(.limitExceeded)), (.givenUp, .refused(.limitExceeded)): true
    case (.refused(.malformed), .givenUp): true
    default: whole == parts
    }
}

private func outcome(of input: UnsafeRawBufferPointer, pieces: Int) -> Outcome {
    do throws(ImageError) {
        let plain = try Compression.inflate(
            PieceStream(input, length: pieces), subject: "input", limits: streamLimits)
        var count = 0
        var sum: UInt64 = 14_695_981_039_346_656_037
        while count <= mostBytes {
            let piece = try plain.next()
            if piece.isEmpty { return try plain.next().isEmpty ? .bytes(count: count, sum: sum) : .refused(.unsafe) }
            count += piece.count
            for byte in piece { sum = (sum ^ UInt64(byte)) &* 1_099_511_628_211 }
        }
        return .givenUp
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
