import BerthStore
import Synchronization

/// Tasks whose state has changed since it was last written.
///
/// These writes save nobody from loss (the shim tells all again), so nobody waits for them and they share commits: a
/// task that ends soon is never written in between.
final class Checkpoints: Sendable {
    private struct State {
        var tasks: [String: LiveTask] = [:]
        var isScheduled = false
    }
    private let state = Mutex(State())

    /// - Returns: whether the caller has to see to it that they are written.
    func add(_ task: LiveTask) -> Bool {
        state.withLock { state in
            state.tasks[task.id] = task
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
    }

    func takeAll() -> [LiveTask] {
        state.withLock { state in
            defer { state = State() }
            return Array(state.tasks.values)
        }
    }
}

extension Engine {
    /// How long a change may be in memory only.
    private static let delay = Duration.milliseconds(300)

    func checkpointSoon(_ live: LiveTask) {
        guard checkpoints.add(live) else { return }
        Task { [self] in
            try? await Task.sleep(for: Self.delay)
            await checkpoint()
        }
    }

    /// Writes the state of all tasks that have changed.
    func checkpoint() async {
        let tasks = checkpoints.takeAll().filter { live[$0.id] != nil }
        if tasks.isEmpty { return }
        do {
            let rows = try tasks.map { try $0.row() }
            try await store.write { writer in for row in rows { try writer.updateTask(row) } }
        } catch {
            logger.warning("the state of \(tasks.count) running tasks cannot be written: \(error)")
        }
    }
}
