import BerthLaunch
import BerthLinux

/// A program that runs in a container beside the container's own, as the engine and the API see it: ``RunningExec``, or
/// what tests put in its place. It goes with the last reference to it.
public protocol ExecutedProgram: AnyObject, Sendable {
    /// Ends after `.failed`, `.exited` or `.lost`; to be read once.
    var events: AsyncStream<ExecEvent> { get }
    /// Where to write what it reads; with a terminal, the terminal's master. The caller's from now on, nil the next time.
    func takeInput() -> OwnedDescriptor?
    /// Where to read what it prints; with a terminal, the master. The caller's from now on, nil the next time.
    func takeOutput() -> OwnedDescriptor?
    /// The same for standard error; nil with a terminal.
    func takeErrorOutput() -> OwnedDescriptor?
    /// Changes the size of its terminal.
    func resize(_ size: WindowSize) throws(LinuxError)
    /// Sends it a signal; one that has ended takes no notice.
    func send(signal: Int32)
}

extension RunningExec: ExecutedProgram {}
