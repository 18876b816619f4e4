import BerthLinux
import Synchronization

/// Tells the threads of one import that it is over.
package final class Cancellation: Sendable {
    private let listeners = Mutex<[ObjectIdentifier: Doorbell]>([:])
    private let isCancelled = Atomic(false)

    package init() {}

    package func cancel() {
        isCancelled.store(true, ordering: .sequentiallyConsistent)
        for bell in listeners.withLock({ $0.values }) { bell.ring() }
    }

    package func check() throws(ImageError) {
        if isCancelled.load(ordering: .relaxed) { throw ImageError(.cancelled, "the import was given up") }
    }

    /// Rings a bell when it is cancelled, or now if it was, until ``forget(_:)``.
    package func notify(_ bell: Doorbell) {
        listeners.withLock { $0[ObjectIdentifier(bell)] = bell }
        if isCancelled.load(ordering: .sequentiallyConsistent) { bell.ring() }
    }

    package func forget(_ bell: Doorbell) { listeners.withLock { $0[ObjectIdentifier(bell)] = nil } }
}
