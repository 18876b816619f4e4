import BerthLinux
import CBerthPlan
import Glibc
import Synchronization
import SystemPackage

/// A task under a shim.
public final class RunningTask: Sendable {
    /// Ends after `.finished` or `.lost`. To be read once.
    public let events: AsyncStream<TaskEvent>
    /// Our copy of the connection, for requests; the poller owns the one that events come by.
    private let requests: OwnedDescriptor

    /// - Parameter process: the shim's pid when it is a child of ours and must be reaped; nil when it is adopted.
    init(directory: String, socket: consuming OwnedDescriptor, process: pid_t?, poller: Poller) throws(LinuxError) {
        let (events, continuation) = AsyncStream.makeStream(of: TaskEvent.self)
        self.events = events
        let number = socket.number
        requests = OwnedDescriptor(
            owning: try check("copy", "socket of \(directory)") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
        let connection = ShimConnection(directory: directory, socket: number, process: process)
        try poller.watch(socket) {
            while let event = connection.next() {
                continuation.yield(event)
                guard event.isLast else { continue }
                continuation.finish()
                return false
            }
            return true
        }
    }

    /// Asks every container to stop: its stop signal, then SIGKILL after its stop timeout. Doing it again changes nothing,
    /// and a task that is over takes no notice.
    public func stop() {
        var request = UInt32(BERTH_REQUEST_STOP)
        _ = send(requests.number, &request, MemoryLayout.size(ofValue: request), Int32(MSG_NOSIGNAL))
    }
}

extension TaskEvent {
    /// Whether none comes after it.
    public var isLast: Bool {
        switch self {
        case .finished, .lost: true
        case .started, .failed, .exited: false
        }
    }
}

/// Reads the shim's events; lives on the poller's thread.
private final class ShimConnection: Sendable {
    let directory: String
    let socket: Int32
    let process: pid_t?

    init(directory: String, socket: Int32, process: pid_t?) {
        self.directory = directory
        self.socket = socket
        self.process = process
    }

    /// The next event, or nil when there is none now.
    func next() -> TaskEvent? {
        var event = berth_event()
        let count = recv(socket, &event, MemoryLayout<berth_event>.size, Int32(MSG_DONTWAIT))
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return nil }
        guard count == MemoryLayout<berth_event>.size else { return ended() }
        let container = Int(event.container)
        switch Int(event.type) {
        case BERTH_EVENT_STARTED: return .started(container: container, at: Timestamp(event.record.started))
        case BERTH_EVENT_FAILED:
            return .failed(
                container: container, LaunchFailure(event.record.failure), at: Timestamp(event.record.exited))
        case BERTH_EVENT_EXITED:
            return .exited(container: container, ExitStatus(event.record), at: Timestamp(event.record.exited))
        default: return ended()
        }
    }

    /// The shim has ended, or is about to: its record tells whether all was well.
    private func ended() -> TaskEvent {
        if let process { waitpid(process, nil, 0) }
        if case .finished(let record) = try? RecordFile.read(in: directory) { return .finished(record) }
        return .lost
    }
}
