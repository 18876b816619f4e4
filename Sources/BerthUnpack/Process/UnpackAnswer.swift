/// What `berth-unpack` says to the daemon: it asks for more as often as it needs to, and ends with one of the others.
package enum UnpackAnswer: Equatable, Sendable {
    /// All bytes up to this one are used up.
    case wantsMore(than: Int64)
    case finished(LayerExtractor.Summary)
    case failed(ImageError)
}

extension UnpackAnswer {
    /// Longer messages are cut, so that one fits into a packet whatever the names in it.
    private static let maximumText = 4096

    /// Its bytes on the socket.
    package var message: [UInt8] {
        var writer = MessageWriter()
        switch self {
        case .wantsMore(let position):
            writer.put(0)
            writer.put(position)
        case .finished(let summary):
            writer.put(1)
            writer.put(summary.entries)
            writer.put(summary.bytes)
            writer.put(summary.droppedEntries)
            writer.put(summary.droppedAttributes)
        case .failed(let error):
            writer.put(2)
            writer.put(error.code.rawValue)
            writer.put(error.message.utf8.prefix(Self.maximumText))
        }
        return writer.bytes
    }

    /// Reads what may be a lie: nothing in it is trusted but as numbers in range and as text without control characters.
    package init(message: [UInt8]) throws(ImageError) {
        var reader = MessageReader(message)
        switch try reader.number() {
        case 0: self = .wantsMore(than: max(0, try reader.number()))
        case 1:
            var summary = LayerExtractor.Summary()
            summary.entries = Int(max(0, try reader.number()))
            summary.bytes = max(0, try reader.number())
            summary.droppedEntries = Int(max(0, try reader.number()))
            summary.droppedAttributes = Int(max(0, try reader.number()))
            self = .finished(summary)
        default:
            let code = ImageError.Code(rawValue: try reader.text())
            let text = try reader.text()
            self = .failed(
                ImageError(Self.codes.contains(code) ? code : .storage, Printable.text(text, limit: Self.maximumText)))
        }
    }

    /// What may go wrong with a layer.
    private static let codes: Set<ImageError.Code> = [
        .malformed, .digestMismatch, .sizeMismatch, .unsupported, .limitExceeded, .unsafe, .noSpace, .storage,
    ]
}
