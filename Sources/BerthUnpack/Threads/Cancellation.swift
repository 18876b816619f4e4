import BerthLinux
import Synchronization

/// Tells the threads of one import that it is over.
package final class Cancellation: Sendable {
    private let listeners = Mutex<[ObjectIdentifier: Doorbell]>([:])
    private let isCancelled = Atomic(false)

    package init() {}

    /// For good: what looks from now on stops, and who waits is woken.
    package func cancel() {
        isCancelled.store(true, ordering: .sequentiallyConsistent)
        for bell in listeners.withLock({ $0.values }) { bell.ring() }
    }

    /// - Throws: ``ImageError/Code/cancelled`` once it is over.
    package func check() throws(ImageError) {
        if isCancelled.load(ordering: .relaxed) { throw ImageError(.cancelled, "the import was given up") }
    }

    /// Rings a bell when it is cancelled, or now if it was, until ``forget(_:)``.
    package func notify(_ bell: Doorbell) {
        listeners.withLock { $0[ObjectIdentifier(bell)] = bell }
        if isCancelled.load(ordering: .sequentiallyConsistent) { bell.ring() }
    }

    /// Once it has returned, the bell is not rung again but for a cancellation that is under way.
    package func forget(_ bell: Doorbell) { listeners.withLock { $0[ObjectIdentifier(bell)] = nil } }
}
