import BerthLinux
import CBerthLaunch
import Glibc
import Synchronization
import SystemPackage

/// A program that was executed in a running container. When the last reference to this value goes, so does the program.
public final class RunningExec: Sendable {
    /// Ends after `.failed`, `.exited` or `.lost`. To be read once.
    public let events: AsyncStream<ExecEvent>
    private let streams: ExecStreams
    /// Our copy of the connection, for requests; the poller owns the one that events come by.
    private let requests: OwnedDescriptor

    init(
        _ request: ExecRequest, target: SharedDescriptor, directory: String, tools: ShimTools
    ) throws(LinuxError) {
        let (events, continuation) = AsyncStream.makeStream(of: ExecEvent.self)
        self.events = events
        let maps = try ContainerProcess.idMaps(of: target.number)
        let plan = try SealedMemory.make(
            name: "berth-plan", content: try LaunchPlan(request, directory: directory, maps: maps).bytes)
        let connection = try SocketPair()
        requests = try connection.ours.copy()
        let descriptors = [plan.number, connection.theirs.number, target.number]
        let streams: ExecStreams
        if request.terminal == nil {
            let input = try Pipe()
            let output = try Pipe()
            let errorOutput = try Pipe()
            let theirs = [input.read.number, output.write.number, errorOutput.write.number]
            try tools.shims.start("exec", descriptors + theirs)
            streams = ExecStreams(input: input.write, output: output.read, errorOutput: errorOutput.read)
        } else {
            try tools.shims.start("exec", descriptors)
            streams = ExecStreams()
        }
        tools.shims.prepareNext()
        self.streams = streams
        let watched = try connection.ours.copy()
        let socket = watched.number
        try tools.poller.watch(watched) {
            while let event = Self.next(socket, streams) {
                continuation.yield(event)
                if case .started = event { continue }
                continuation.finish()
                return false
            }
            return true
        }
    }

    deinit { _ = shutdown(requests.number, Int32(SHUT_RDWR)) }

    /// The next event, or nil when there is none now.
    private static func next(_ socket: Int32, _ streams: ExecStreams) -> ExecEvent? {
        var event = berth_event()
        var terminal: Int32 = -1
        let size = MemoryLayout<berth_event>.size
        let count = berth_receive(socket, &event, size, Int32(MSG_DONTWAIT), &terminal, 1)
        if count < 0 && errno == EAGAIN { return nil }
        if terminal >= 0 { streams.opened(terminal: OwnedDescriptor(owning: terminal)) }
        guard count == size else { return .lost }
        switch Int(event.type) {
        case BERTH_EVENT_STARTED: return .started
        case BERTH_EVENT_FAILED: return .failed(LaunchFailure(event.record.failure))
        default: return .exited(ExitStatus(event.record))
        }
    }

    /// Where to write what the program reads; with a terminal, its master, from `.started` on. The caller's from now on, nil
    /// the next time.
    public func takeInput() -> OwnedDescriptor? { streams.input.withLock { $0.take() } }

    /// Where to read what the program prints, until the end of file or, with a terminal, EIO; with a terminal, its master,
    /// from `.started` on. Blocking. The caller's from now on, nil the next time.
    public func takeOutput() -> OwnedDescriptor? { streams.output.withLock { $0.take() } }

    /// The same for standard error; nil with a terminal.
    public func takeErrorOutput() -> OwnedDescriptor? { streams.errorOutput.withLock { $0.take() } }

    /// Changes the size of its terminal; without one, nothing happens.
    public func resize(_ size: WindowSize) throws(LinuxError) {
        let result = streams.terminal.withLock { terminal in
            Result { () throws(LinuxError) in
                guard let number = terminal?.number else { return }
                var window = winsize(ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0)
                try check("resize", "terminal") { ioctl(number, UInt(TIOCSWINSZ), &window) }
            }
        }
        try result.get()
    }

    /// Sends a signal to the program; one that has ended takes no notice.
    public func send(signal: Int32) {
        var request = berth_request(type: UInt32(BERTH_REQUEST_SIGNAL), number: UInt32(signal))
        let size = MemoryLayout.size(ofValue: request)
        _ = Glibc.send(requests.number, &request, size, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }
}

/// Our ends of what a program reads and prints, until somebody takes them.
final class ExecStreams: Sendable {
    let input: Mutex<OwnedDescriptor?>
    let output: Mutex<OwnedDescriptor?>
    let errorOutput: Mutex<OwnedDescriptor?>
    /// A copy of the terminal's master, to resize it.
    let terminal: Mutex<OwnedDescriptor?> = Mutex(nil)

    /// For a program with a terminal, which comes with its start.
    init() {
        input = Mutex(nil)
        output = Mutex(nil)
        errorOutput = Mutex(nil)
    }

    init(
        input: consuming OwnedDescriptor, output: consuming OwnedDescriptor, errorOutput: consuming OwnedDescriptor
    ) {
        self.input = Mutex(input)
        self.output = Mutex(output)
        self.errorOutput = Mutex(errorOutput)
    }

    func opened(terminal master: consuming OwnedDescriptor) {
        if let copy = try? master.copy() { Self.put(copy, into: input) }
        if let copy = try? master.copy() { Self.put(copy, into: output) }
        Self.put(master, into: terminal)
    }

    private static func put(
        _ descriptor: consuming OwnedDescriptor, into place: borrowing Mutex<OwnedDescriptor?>
    ) {
        var held: OwnedDescriptor? = descriptor
        place.withLock { $0 = held.take() }
    }
}
