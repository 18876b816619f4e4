import BerthLinux
import Dispatch
import GRDB
import Synchronization

/// Copies the write-ahead log into the database beside the writer.
///
/// SQLite would do it within a commit now and then, and that commit's callers would wait for it: 1 in 100, which is what
/// a p99 is made of. A thread of its own does it here; the writer only lends a hand when the log has become long.
final class Checkpointer: Sendable {
    /// How much is written between two checkpoints, in rows; a row with its indexes takes up to eight pages of 4 KiB.
    struct Intervals: Sendable {
        /// Beside the writer.
        var background = 512
        /// By the writer. A log that is copied as a whole is written from its start again, and beside a busy writer a
        /// checkpoint never gets that far. Most of it has been copied by then, so that it does not take long.
        var writer = 8192
    }

    private struct Progress {
        var background = 0
        var writer = 0
    }
    private let intervals: Intervals
    private let progress = Mutex(Progress())
    private let worker: Worker

    init(path: String, configuration: Configuration, intervals: Intervals) throws {
        self.intervals = intervals
        var configuration = configuration
        configuration.label = "berth-checkpoint"
        worker = Worker(try DatabaseQueue(path: path, configuration: configuration))
        try startThread(name: "berth-checkpoint") { [worker] in worker.work() }
    }

    deinit { worker.end() }

    /// To be called by the writer after each commit, outside of any transaction.
    func committed(_ writer: Database) {
        let rows = writer.totalChangesCount
        let last = progress.withLock { $0 }
        if rows - last.writer >= intervals.writer {
            // The background one may be at it, or a reader in the way: then after the next commit.
            if Self.checkpoint(writer) { progress.withLock { $0 = Progress(background: rows, writer: rows) } }
        } else if rows - last.background >= intervals.background {
            progress.withLock { $0.background = rows }
            worker.begin()
        }
    }

    /// - Returns: whether the whole log has been copied.
    @discardableResult
    fileprivate static func checkpoint(_ database: Database) -> Bool {
        // A failure (a full disk) leaves the log as it is, and the next one tries again.
        guard let row = try? Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(PASSIVE)") else { return false }
        let (busy, pages, copied): (Int, Int, Int) = (row[0], row[1], row[2])
        return busy == 0 && copied == pages
    }

    private final class Worker: Sendable {
        private let queue: DatabaseQueue
        private let wakeUp = DispatchSemaphore(value: 0)
        private let isEnded = Atomic<Bool>(false)

        init(_ queue: DatabaseQueue) { self.queue = queue }

        func begin() { wakeUp.signal() }

        func end() {
            isEnded.store(true, ordering: .relaxed)
            wakeUp.signal()
        }

        func work() {
            while true {
                wakeUp.wait()
                if isEnded.load(ordering: .relaxed) { return }
                queue.inDatabase { _ = Checkpointer.checkpoint($0) }
            }
        }
    }
}
