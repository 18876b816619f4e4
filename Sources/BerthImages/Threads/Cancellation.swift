import Synchronization

/// Tells the threads of one import that it is over.
final class Cancellation: Sendable {
    private let isCancelled = Atomic(false)

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    func check() throws(ImageError) {
        if isCancelled.load(ordering: .relaxed) { throw ImageError(.cancelled, "the import was given up") }
    }
}
