import NIOCore

/// Messages on a stream: two bytes of length before each (RFC 1035, section 4.2.2).
struct StreamFrames {
    private var buffer = ByteBuffer()

    mutating func append(_ piece: ByteBuffer) {
        var piece = piece
        buffer.writeBuffer(&piece)
        buffer.discardReadBytes()
    }

    /// The next whole message; at most 64 KiB wait for the rest of it.
    mutating func next() -> [UInt8]? {
        buffer.readLengthPrefixedSlice(as: UInt16.self).map { Array($0.readableBytesView) }
    }

    static func frame(_ message: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(message.count + 2)
        buffer.writeInteger(UInt16(clamping: message.count))
        buffer.writeBytes(message)
        return buffer
    }
}
