import BerthCgroups
import BerthLaunch
import BerthLinux
import Glibc
import Synchronization

@testable import BerthEngine

/// A launcher without a kernel: its tasks do what a test tells them.
final class PuppetLauncher: TaskLauncher {
    private let tasks = Mutex<[String: PuppetTask]>([:])

    func launch(_ request: LaunchRequest) throws(LinuxError) -> any LaunchedTask {
        let task = PuppetTask(containers: request.containers.count)
        tasks.withLock { $0[request.id] = task }
        return task
    }

    func prepareNext() {}

    /// The task of an earlier daemon: told from the first event again.
    func adopt(directory: String) throws(LinuxError) -> AdoptedTask {
        let id = String(directory.split(separator: "/").last ?? "")
        guard let former = tasks.withLock({ $0[id] }) else { return .neverStarted }
        let task = PuppetTask(containers: former.containers)
        for container in 0..<task.containers { task.start(container) }
        tasks.withLock { $0[id] = task }
        return .running(task)
    }

    subscript(id: String) -> PuppetTask? { tasks.withLock { $0[id] } }
}

final class PuppetTask: LaunchedTask {
    let events: AsyncStream<TaskEvent>
    let containers: Int
    private let continuation: AsyncStream<TaskEvent>.Continuation
    private let asked = Mutex<[ExecRequest]>([])
    /// Whether its programs may be executed.
    let isReleased = Mutex(false)
    /// Called when the engine says that its end is committed.
    let whenSettled = Mutex<(@Sendable () -> Void)?>(nil)

    init(containers: Int) {
        self.containers = containers
        (events, continuation) = AsyncStream.makeStream()
    }

    /// What was to be executed in it.
    var requests: [ExecRequest] { asked.withLock { $0 } }

    /// It tells what it has to tell at once.
    var isWaiting: Bool { false }

    func release() { isReleased.withLock { $0 = true } }

    func start(_ container: Int) { continuation.yield(.started(container: container, at: .now())) }

    func exit(_ container: Int) { continuation.yield(.exited(container: container, .code(0), at: .now())) }

    func stop() {
        let ends = (0..<containers).map { _ in
            var end = TaskRecord.Container()
            end.startedAt = .now()
            end.exitedAt = .now()
            end.status = .signal(SIGTERM)
            return end
        }
        continuation.yield(.finished(TaskRecord(containers: ends, finishedAt: .now(), counters: [])))
    }

    func giveUp(_ container: Int) {}

    func settled() { whenSettled.withLock { $0?() } }

    func start(_ request: ExecRequest) throws(LinuxError) -> any ExecutedProgram {
        asked.withLock { $0.append(request) }
        return PuppetProgram()
    }
}

final class PuppetProgram: ExecutedProgram {
    let events = AsyncStream<ExecEvent> { $0.finish() }
    func takeInput() -> OwnedDescriptor? { nil }
    func takeOutput() -> OwnedDescriptor? { nil }
    func takeErrorOutput() -> OwnedDescriptor? { nil }
    func resize(_ size: WindowSize) throws(LinuxError) {}
    func send(signal: Int32) {}
}
