import Synchronization

/// Tells the threads of one import that it is over.
package final class Cancellation: Sendable {
    private let isCancelled = Atomic(false)

    package init() {}

    package func cancel() { isCancelled.store(true, ordering: .relaxed) }

    package func check() throws(ImageError) {
        if isCancelled.load(ordering: .relaxed) { throw ImageError(.cancelled, "the import was given up") }
    }
}
