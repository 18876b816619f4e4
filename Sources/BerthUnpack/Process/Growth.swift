/// What the daemon tells `berth-unpack` when it asks for more of a blob.
package struct Growth: Equatable, Sendable {
    /// Bytes of the blob that are there.
    package var length: Int64
    /// Whether that is all of it, and right.
    package var isComplete: Bool

    package init(length: Int64, isComplete: Bool) {
        self.length = length
        self.isComplete = isComplete
    }

    /// Its bytes on the socket.
    package var message: [UInt8] {
        var writer = MessageWriter()
        writer.put(length)
        writer.put(isComplete ? 1 : 0)
        return writer.bytes
    }

    /// - Throws: ``ImageError`` for a message that is cut.
    package init(message: [UInt8]) throws(ImageError) {
        var reader = MessageReader(message)
        length = try reader.number()
        isComplete = try reader.number() != 0
    }
}
