import BerthLinux
import BerthUnpack
import Dispatch
import Glibc
import Synchronization

/// Collects a store's garbage from time to time, and flattens its longest images, on threads of its own until it is
/// let go of.
public final class ImageCollector: Sendable {
    private let wakeUp = DispatchSemaphore(value: 0)
    private let unlinking = DispatchSemaphore(value: 0)
    private let isEnded = Atomic(false)
    private let store: ImageStore

    /// Begins with a collection. To be called when every task that runs has its ``ImageHold``.
    ///
    /// - Parameter report: told what each collection removed, or why it could not; called on the collector's thread.
    public static func start(
        _ store: ImageStore, policy: CollectionPolicy,
        report: @escaping @Sendable (Result<CollectionReport, ImageError>) -> Void
    ) throws(LinuxError) -> ImageCollector {
        let collector = ImageCollector(store)
        try startThread(name: "berth-collect") { [weak collector, wakeUp = collector.wakeUp, store] in
            while let ended = collector?.isEnded.load(ordering: .relaxed), !ended {
                report(
                    Result { () throws(ImageError) in
                        let report = try store.collect(policy)
                        try store.flattenImages()
                        return report
                    })
                _ = wakeUp.wait(timeout: .now() + .seconds(Int(policy.interval)))
            }
        }
        try startThread(name: "berth-unlink") { [weak collector, unlinking = collector.unlinking, store] in
            // Nobody waits for it. Without an I/O priority of its own a thread's follows its niceness (ioprio_set(2)).
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
            while let ended = collector?.isEnded.load(ordering: .relaxed), !ended {
                store.unlinkTrash()
                unlinking.wait()
            }
        }
        store.unlinker.withLock { $0 = { [unlinking = collector.unlinking] in unlinking.signal() } }
        store.flattener.withLock { $0 = { [wakeUp = collector.wakeUp] in wakeUp.signal() } }
        return collector
    }

    private init(_ store: ImageStore) { self.store = store }

    deinit {
        store.unlinker.withLock { $0 = nil }
        store.flattener.withLock { $0 = nil }
        isEnded.store(true, ordering: .relaxed)
        wakeUp.signal()
        unlinking.signal()
    }

    /// Collects now, as soon as the thread is free.
    public func wake() { wakeUp.signal() }
}
