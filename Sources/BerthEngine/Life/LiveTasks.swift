import Synchronization

/// The tasks that have not stopped, by id.
final class LiveTasks: Sendable {
    private let tasks = Mutex<[String: LiveTask]>([:])

    subscript(id: String) -> LiveTask? { tasks.withLock { $0[id] } }
    var all: [LiveTask] { tasks.withLock { Array($0.values) } }

    func add(_ task: LiveTask) { tasks.withLock { $0[task.id] = task } }

    func remove(_ task: LiveTask) {
        tasks.withLock { $0[task.id] = nil }
        task.releaseImages()
    }
}
