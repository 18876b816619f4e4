import BerthModel
import Synchronization

/// Counts what each task has under way, so that none takes all.
public final class Shares: Sendable {
    private struct State {
        var all = 0
        var byTask: [IPv4Address: Int] = [:]
    }
    private let state = Mutex(State())
    private let perTask: Int
    private let inAll: Int

    public init(perTask: Int, inAll: Int) {
        self.perTask = perTask
        self.inAll = inAll
    }

    /// Takes a share; false when the task, or all, have theirs.
    public func enter(_ task: IPv4Address) -> Bool {
        state.withLock { state in
            let own = state.byTask[task] ?? 0
            guard own < perTask, state.all < inAll else { return false }
            state.byTask[task] = own + 1
            state.all += 1
            return true
        }
    }

    /// Gives back a share that was taken.
    public func leave(_ task: IPv4Address) {
        state.withLock { state in
            state.all -= 1
            let own = (state.byTask[task] ?? 1) - 1
            state.byTask[task] = own == 0 ? nil : own
        }
    }
}
