import BerthLinux
import CBerthLaunch
import CLinux
import Glibc
import Synchronization
import SystemPackage

/// A task under a shim.
public final class RunningTask: Sendable {
    /// Ends after `.finished`, `.lost` or `.taken`. To be read once.
    public let events: AsyncStream<TaskEvent>
    /// Our copy of the connection, for requests; the poller owns the one that events come by.
    private let requests: OwnedDescriptor
    private let directory: String
    private let processes = Mutex<[Int: SharedDescriptor]>([:])
    private let hasSpoken = Atomic(false)
    let tools: ShimTools

    init(directory: String, socket: consuming OwnedDescriptor, tools: ShimTools) throws(LinuxError) {
        let (events, continuation) = AsyncStream.makeStream(of: TaskEvent.self)
        self.events = events
        self.directory = directory
        self.tools = tools
        requests = try socket.copy()
        let connection = ShimConnection(directory: directory, socket: socket.number)
        try tools.poller.watch(socket) { [weak self] in
            while let (event, process) = connection.next() {
                if let event { self?.note(event, process) }
                self?.hasSpoken.store(true, ordering: .releasing)
                guard let event else {
                    connection.ends(continuation)
                    return false
                }
                continuation.yield(event)
                guard event.isLast else { continue }
                continuation.finish()
                return false
            }
            return true
        }
    }

    /// Keeps the first process of each container that runs.
    private func note(_ event: TaskEvent, _ process: SharedDescriptor?) {
        switch event {
        case .started(let container, _): processes.withLock { $0[container] = process }
        case .exited(let container, _, _): processes.withLock { $0[container] = nil }
        default: break
        }
    }

    /// Whether nothing has happened yet: no container has started or failed, and the shim is there.
    public var isWaiting: Bool { !hasSpoken.load(ordering: .acquiring) }

    /// Lets the programs of a task that was launched as ``LaunchRequest/isHeld`` be executed; any other takes no notice.
    ///
    /// A held task outlives the daemon that launched it, and waits for the next one's word.
    public func release() { ask(BERTH_REQUEST_RELEASE, 0) }

    /// Asks every container to stop: its stop signal, then SIGKILL after its stop timeout. Doing it again changes nothing,
    /// and a task that is over takes no notice.
    ///
    /// One that is still being started is killed there.
    public func stop() { ask(BERTH_REQUEST_STOP, 0) }

    /// A container that still waits for others never starts; if it is essential, all containers stop. Doing it again changes
    /// nothing.
    ///
    /// - Parameter container: its index in the task.
    public func giveUp(_ container: Int) { ask(BERTH_REQUEST_GIVE_UP, UInt32(container)) }

    /// Lets the shim go once the end is committed. Without it the shim writes its record to the disk first: after five
    /// seconds, or when nobody is connected any more.
    public func settled() { ask(BERTH_REQUEST_SETTLED, 0) }

    private func ask(_ type: Int, _ number: UInt32) {
        var request = berth_request(type: UInt32(type), number: number)
        _ = send(requests.number, &request, MemoryLayout.size(ofValue: request), Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }

    /// Runs a further program in one of the task's containers. Blocks for about a millisecond; whether the program could be
    /// executed comes as an event.
    ///
    /// - Throws: ESRCH when the container does not run.
    public func execute(_ request: ExecRequest) throws(LinuxError) -> RunningExec {
        guard let target = processes.withLock({ $0[request.container] }) else {
            throw LinuxError("execute in", "container \(request.container)", errno: .noSuchProcess)
        }
        return try RunningExec(request, target: target, directory: directory, tools: tools)
    }
}

extension TaskEvent {
    /// Whether none comes after it.
    public var isLast: Bool {
        switch self {
        case .finished, .lost, .taken: true
        case .started, .failed, .exited: false
        }
    }
}

/// Reads the shim's events; lives on the poller's thread.
private struct ShimConnection: Sendable {
    let directory: String
    let socket: Int32

    /// The next event and the process that came with it, or nil when there is none now; without an event once the shim has
    /// ended, or is about to.
    func next() -> (TaskEvent?, SharedDescriptor?)? {
        var event = berth_event()
        var descriptor: Int32 = -1
        let count = berth_receive(
            socket, &event, MemoryLayout<berth_event>.size, Int32(MSG_DONTWAIT), &descriptor, 1)
        if count < 0 && errno == EAGAIN { return nil }
        let process = descriptor < 0 ? nil : SharedDescriptor(OwnedDescriptor(owning: descriptor))
        guard count == MemoryLayout<berth_event>.size else { return (nil, nil) }
        let container = Int(event.container)
        switch Int(event.type) {
        case BERTH_EVENT_STARTED: return (.started(container: container, at: Timestamp(event.record.started)), process)
        case BERTH_EVENT_FAILED:
            let failure = LaunchFailure(event.record.failure)
            return (.failed(container: container, failure, at: Timestamp(event.record.exited)), nil)
        case BERTH_EVENT_EXITED:
            let status = ExitStatus(event.record)
            return (.exited(container: container, status, at: Timestamp(event.record.exited)), nil)
        case BERTH_EVENT_TAKEN: return (.taken, nil)
        default: return (nil, nil)
        }
    }

    /// Tells the last event: the record says whether all was well.
    ///
    /// One that cannot be read now, for want of descriptors, is read again until it can be: a task that is taken for lost
    /// loses its exit code and its bill.
    func ends(_ events: AsyncStream<TaskEvent>.Continuation) {
        do throws(LinuxError) {
            events.yield(try last())
            events.finish()
        } catch {
            Task {
                try? await Task.sleep(for: .milliseconds(100))
                ends(events)
            }
        }
    }

    private func last() throws(LinuxError) -> TaskEvent {
        if case .finished(let record) = try RecordFile.read(in: directory) { return .finished(record) }
        return .lost
    }
}
