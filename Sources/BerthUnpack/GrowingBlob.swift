import BerthLinux
import Synchronization

/// A blob's file while it is downloaded: the writer appends and says how far it is; readers wait for more.
public final class GrowingBlob: Sendable {
    /// How far it is.
    package struct State: Sendable {
        /// Bytes that are in the file.
        package var length: Int64
        /// The blob is whole, and its digest right.
        package var isFinished = false
        /// Why it will never be whole.
        package var failure: ImageError?
        fileprivate var readers: [ObjectIdentifier: Doorbell] = [:]
    }

    /// Open for reading, or for reading and writing.
    package let file: SharedDescriptor
    /// What a user calls it, for messages.
    package let name: String
    private let current: Mutex<State>

    /// - Parameter length: bytes that are in the file already, from a download that goes on.
    public init(file: SharedDescriptor, length: Int64, name: String) {
        self.file = file
        self.name = name
        current = Mutex(State(length: length))
    }

    /// For the writer: the bytes from 0 to `length` are in the file. What was said of more before stays.
    public func advance(to length: Int64) { change { $0.length = max($0.length, length) } }

    /// For the writer: the blob is whole, and its digest is right.
    public func finish() { change { $0.isFinished = true } }

    /// For the writer: the blob will not be whole; readers throw this. After ``finish()`` it means nothing.
    public func fail(_ error: ImageError) {
        change { if !$0.isFinished && $0.failure == nil { $0.failure = error } }
    }

    /// As it is at this moment.
    package var state: State { current.withLock { $0 } }

    /// Rings a bell at every change from now on, until ``forget(_:)``.
    package func notify(_ bell: Doorbell) { current.withLock { $0.readers[ObjectIdentifier(bell)] = bell } }

    /// Once it has returned, the bell is not rung again but for a change that is under way.
    package func forget(_ bell: Doorbell) { current.withLock { $0.readers[ObjectIdentifier(bell)] = nil } }

    private func change(_ body: (inout State) -> Void) {
        let readers = current.withLock {
            body(&$0)
            return $0.readers.values
        }
        for bell in readers { bell.ring() }
    }
}
