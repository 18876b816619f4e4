import BerthLaunch
import BerthLinux

/// What the engine needs of the launch library; tests put a launcher without a kernel in its place.
///
/// Both calls block for moments; the engine makes them on its worker threads.
public protocol TaskLauncher: Sendable {
    /// Starts a task whose directory and cgroups are made.
    func launch(_ request: LaunchRequest) throws(LinuxError) -> any LaunchedTask
    /// Makes ready what the next launch takes; nothing is lost without.
    func prepareNext()
    /// What an earlier daemon left of a task.
    func adopt(directory: String) throws(LinuxError) -> AdoptedTask
}

/// A task under a shim.
public protocol LaunchedTask: Sendable {
    /// Ends after `.finished`, `.lost` or `.taken`; to be read once.
    var events: AsyncStream<TaskEvent> { get }
    /// Whether nothing has happened yet: no container has started or failed, and its shim is there.
    var isWaiting: Bool { get }
    /// Lets its programs be executed, if it was launched as a held one; doing it again changes nothing.
    func release()
    /// Asks every container to stop; doing it again changes nothing.
    func stop()
    /// A container that still waits for others never starts; doing it again changes nothing.
    func giveUp(_ container: Int)
    /// Its end is committed: the shim's record of it need not be kept.
    func settled()
    /// Runs a further program in one of its containers. Blocks for about a millisecond.
    ///
    /// - Throws: ESRCH when the container does not run.
    func start(_ request: ExecRequest) throws(LinuxError) -> any ExecutedProgram
}

extension LaunchedTask {
    /// For what only looks like a task.
    public var isWaiting: Bool { true }

    /// For what only looks like a task.
    public func start(_ request: ExecRequest) throws(LinuxError) -> any ExecutedProgram {
        throw LinuxError("execute in", "container \(request.container)", errno: .notSupported)
    }
}

/// ``Adoption`` with any kind of running task in it.
public enum AdoptedTask: Sendable {
    case running(any LaunchedTask)
    case finished(TaskRecord)
    case neverStarted
    case lost
}

extension RunningTask: LaunchedTask {
    public func start(_ request: ExecRequest) throws(LinuxError) -> any ExecutedProgram { try execute(request) }
}

/// The real launcher: one shim a task.
public struct ShimLauncher: TaskLauncher {
    private let launcher: Launcher

    public init(_ launcher: Launcher) { self.launcher = launcher }

    public func launch(_ request: LaunchRequest) throws(LinuxError) -> any LaunchedTask { try launcher.launch(request) }

    public func prepareNext() { launcher.prepareNext() }

    public func adopt(directory: String) throws(LinuxError) -> AdoptedTask {
        switch try launcher.adopt(directory: directory) {
        case .running(let task): .running(task)
        case .finished(let record): .finished(record)
        case .neverStarted: .neverStarted
        case .lost: .lost
        }
    }
}
