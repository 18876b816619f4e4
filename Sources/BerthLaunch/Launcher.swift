import BerthLinux

/// Starts tasks, and finds those that an earlier daemon started.
///
/// The daemon never forks: each task is carried out by one `berth-shim`, spawned from a sealed memfd.
public final class Launcher: Sendable {
    /// - Parameter shim: the path of the `berth-shim` executable; read once.
    public init(shim: String) throws(LinuxError) { throw LinuxError("launch", shim, errno: .notSupported) }

    /// Compiles the launch plan and spawns the shim. The task's directory must exist and hold no earlier launch.
    public func launch(_ request: LaunchRequest) async throws(LinuxError) -> RunningTask {
        throw LinuxError("launch", request.id, errno: .notSupported)
    }

    /// What an earlier daemon left in a task's directory. The same events come again, from the first.
    ///
    /// - Parameter containers: how many containers the task has.
    public func adopt(directory: String, containers: Int) async throws(LinuxError) -> Adoption {
        throw LinuxError("adopt", directory, errno: .notSupported)
    }
}

/// What became of a task while no daemon watched.
public enum Adoption: Sendable {
    /// The shim lives: its events come again from the first.
    case running(RunningTask)
    /// The shim has finished; its record waits.
    case finished(TaskRecord)
    /// The shim was never started: the task can be launched again.
    case neverStarted
    /// The shim had begun and is gone without a record.
    case lost
}

/// A task under a shim.
public final class RunningTask: Sendable {
    /// Ends after `.finished` or `.lost`. To be read once.
    public let events: AsyncStream<TaskEvent>

    init(events: AsyncStream<TaskEvent>) { self.events = events }

    /// Asks every container to stop: its stop signal, then SIGKILL after its stop timeout. Doing it again changes nothing.
    public func stop() {}
}
