import BerthLinux
import Synchronization

/// A program that was executed in a running container. When the last reference to this value goes, so does the program.
public final class RunningExec: Sendable {
    /// Ends after `.failed`, `.exited` or `.lost`. To be read once.
    public let events: AsyncStream<ExecEvent>
    private let input: Mutex<OwnedDescriptor?>
    private let output: Mutex<OwnedDescriptor?>
    private let errorOutput: Mutex<OwnedDescriptor?>

    init(
        events: AsyncStream<ExecEvent>, input: consuming OwnedDescriptor, output: consuming OwnedDescriptor,
        errorOutput: consuming OwnedDescriptor?
    ) {
        self.events = events
        self.input = Mutex(input)
        self.output = Mutex(output)
        self.errorOutput = Mutex(errorOutput)
    }

    /// Where to write what the program reads; with a terminal, its master. The caller's from now on, nil the next time.
    public func takeInput() -> OwnedDescriptor? { input.withLock { $0.take() } }

    /// Where to read what the program prints, until the end of file or, with a terminal, EIO; with a terminal, its master.
    /// Blocking. The caller's from now on, nil the next time.
    public func takeOutput() -> OwnedDescriptor? { output.withLock { $0.take() } }

    /// The same for standard error; nil with a terminal.
    public func takeErrorOutput() -> OwnedDescriptor? { errorOutput.withLock { $0.take() } }

    /// Changes the size of its terminal; without one, nothing happens.
    public func resize(_ size: WindowSize) throws(LinuxError) {
        throw LinuxError("resize", "terminal", errno: .noFunction)
    }

    /// Sends a signal to the program; one that has ended takes no notice.
    public func send(signal: Int32) {}
}

extension RunningTask {
    /// Runs a further program in one of the task's containers. Blocks for about a millisecond; whether the program could be
    /// executed comes as an event.
    ///
    /// - Throws: ESRCH when the container does not run.
    public func execute(_ request: ExecRequest) throws(LinuxError) -> RunningExec {
        throw LinuxError("execute in", "container \(request.container)", errno: .noFunction)
    }
}
