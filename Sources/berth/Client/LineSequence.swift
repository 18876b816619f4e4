import NIOCore

/// Cuts a stream of buffers into lines; a last line without its newline was cut off, and is dropped.
struct LineSequence<Base: AsyncSequence>: AsyncSequence where Base.Element == ByteBuffer {
    let base: Base

    struct AsyncIterator: AsyncIteratorProtocol {
        var source: Base.AsyncIterator
        var pending = ByteBuffer()

        mutating func next() async throws -> [UInt8]? {
            while true {
                if let length = pending.readableBytesView.firstIndex(of: UInt8(ascii: "\n")).map({
                    $0 - pending.readerIndex
                }) {
                    let line = pending.readBytes(length: length)
                    pending.moveReaderIndex(forwardBy: 1)
                    pending.discardReadBytes()
                    return line
                }
                guard var more = try await source.next() else { return nil }
                pending.writeBuffer(&more)
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: base.makeAsyncIterator()) }
}
