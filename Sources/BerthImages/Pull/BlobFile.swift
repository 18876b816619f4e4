import BerthLinux
import BerthOCI
import Dispatch
import NIOCore
import Synchronization

/// Writes a download into the store, on a thread of its own, while the next bytes come in.
final class BlobFile: BlobSink {
    private struct State {
        var queue: [[ByteBuffer]] = []
        var taken: Int64
        var error: ImageError?
        var isEnded = false
        /// Who waits for room in the queue, or for its end.
        var waiting: CheckedContinuation<Void, Never>?
    }
    private let state: Mutex<State>
    private let available = DispatchSemaphore(value: 0)
    private let writer: BlobWriter
    private let written: @Sendable (Int64) -> Void

    /// Pieces of a quarter of a MiB that may wait to be written.
    private static let room = 16

    /// - Parameter written: told how many bytes of the blob are in the file, from the start and after every piece.
    init(_ writer: BlobWriter, written: @escaping @Sendable (Int64) -> Void) throws(ImageError) {
        self.writer = writer
        self.written = written
        state = Mutex(State(taken: writer.length))
        do throws(LinuxError) {
            try startThread(name: "berth-blob") { self.write() }
        } catch {
            throw ImageError(.storage, "no thread could be started: \(error)")
        }
    }

    var length: Int64 { state.withLock { $0.taken } }

    func append(_ pieces: [ByteBuffer]) async throws(ImageError) {
        let bytes = pieces.reduce(0) { $0 + $1.readableBytes }
        state.withLock { state in
            // After an error the rest would not be where it belongs.
            guard state.error == nil else { return }
            state.queue.append(pieces)
            state.taken += Int64(bytes)
        }
        available.signal()
        try await wait { $0.queue.count < Self.room }
    }

    /// Waits until all is written.
    func flush() async throws(ImageError) { try await wait { $0.queue.isEmpty } }

    /// Ends the thread, once it has written what it has.
    func end() {
        state.withLock { $0.isEnded = true }
        available.signal()
    }

    private func wait(until isEnough: @escaping @Sendable (borrowing State) -> Bool) async throws(ImageError) {
        while true {
            let (isOver, error) = state.withLock { (isEnough($0), $0.error) }
            if let error { throw error }
            if isOver { return }
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if isEnough(state) || state.error != nil { return true }
                    state.waiting = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        }
    }

    private func write() {
        written(writer.length)
        while true {
            available.wait()
            guard let pieces = state.withLock({ $0.queue.first }) else {
                if state.withLock({ $0.isEnded }) { return }
                continue
            }
            var failure: ImageError?
            do throws(ImageError) {
                for piece in pieces { try append(piece) }
            } catch {
                failure = error
            }
            let waiting = state.withLock { state in
                state.queue.removeFirst()
                state.error = state.error ?? failure
                if state.error != nil { state.queue = [] }
                defer { state.waiting = nil }
                return state.waiting
            }
            if failure == nil { written(writer.length) }
            waiting?.resume()
        }
    }

    private func append(_ piece: ByteBuffer) throws(ImageError) {
        let result = piece.withUnsafeReadableBytes { bytes in
            Result { () throws(ImageError) in try writer.append(bytes) }
        }
        try result.get()
    }
}
