import NIOCore
import Synchronization

/// What the client has sent and the program has not read yet, never more than ``ExecFrame/inputWindow``.
final class InputQueue: Sendable {
    enum Item: Sendable {
        case bytes(ByteBuffer)
        case end
    }

    /// In their order; to be read once.
    let items: AsyncStream<Item>
    private let continuation: AsyncStream<Item>.Continuation
    private struct State {
        var waiting = 0
        var hasEnded = false
        var isOpen = true
    }
    private let state = Mutex(State())

    init() { (items, continuation) = AsyncStream.makeStream() }

    /// - Throws: ``ExecFrameError`` when the client sends more than it may, or after the end.
    func add(_ bytes: ByteBuffer) throws(ExecFrameError) {
        // Nothing would be counted, and an item kept.
        guard bytes.readableBytes > 0 else { return }
        let fits = state.withLock { state in
            state.waiting += bytes.readableBytes
            return state.waiting <= ExecFrame.inputWindow && !state.hasEnded
        }
        guard fits else { throw ExecFrameError("more input than the window allows, or input after its end") }
        continuation.yield(.bytes(bytes))
    }

    /// Once: what comes after it is none.
    func end() {
        let isFirst = state.withLock { state in
            defer { state.hasEnded = true }
            return !state.hasEnded
        }
        if isFirst { continuation.yield(.end) }
    }

    /// Bytes have been taken.
    ///
    /// - Returns: whether the client may still be told.
    func take(_ count: Int) -> Bool {
        state.withLock { state in
            state.waiting -= count
            return state.isOpen
        }
    }

    /// The program has ended.
    func close() {
        state.withLock { $0.isOpen = false }
        continuation.finish()
    }
}
