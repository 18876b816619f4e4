import BerthLinux
import CLinux
import Glibc
import Synchronization

/// A thread that exchanges pairs of paths as fast as it can, until it is stopped.
final class Swapper: Sendable {
    private let stopped = Atomic(false)
    private let over = Atomic(false)

    init(_ pairs: [(String, String)]) throws {
        try startThread(name: "swapper") { [self] in
            let exchange: UInt32 = 2  // RENAME_EXCHANGE
            while !stopped.load(ordering: .relaxed) {
                for (one, other) in pairs { _ = berth_renameat2(AT_FDCWD, one, AT_FDCWD, other, exchange) }
            }
            over.store(true, ordering: .releasing)
        }
    }

    /// Returns when the last exchange is done.
    func stop() {
        stopped.store(true, ordering: .relaxed)
        while !over.load(ordering: .acquiring) { sched_yield() }
    }
}
