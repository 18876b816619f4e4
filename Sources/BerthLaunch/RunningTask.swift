import BerthLinux
import CBerthPlan
import CLinux
import Glibc
import SystemPackage

/// A task under a shim.
public final class RunningTask: Sendable {
    /// Ends after `.finished` or `.lost`. To be read once.
    public let events: AsyncStream<TaskEvent>
    /// Our copy of the connection, for requests; the poller owns the one that events come by.
    private let requests: OwnedDescriptor
    private let poller: Poller

    init(directory: String, socket: consuming OwnedDescriptor, poller: Poller) throws(LinuxError) {
        let (events, continuation) = AsyncStream.makeStream(of: TaskEvent.self)
        self.events = events
        self.poller = poller
        let number = socket.number
        requests = OwnedDescriptor(
            owning: try check("copy", "socket of \(directory)") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
        let connection = ShimConnection(directory: directory, socket: number)
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

    /// Waits in the background for the end of a shim that is a child of this process. An adopted one is another's child.
    func reap(_ process: pid_t) {
        let pidfd = berth_pidfd_open(process, 0)
        guard pidfd >= 0 else { return }
        try? poller.watch(OwnedDescriptor(owning: pidfd)) { waitpid(process, nil, WNOHANG) == 0 }
    }

    /// Asks every container to stop: its stop signal, then SIGKILL after its stop timeout. Doing it again changes nothing,
    /// and a task that is over takes no notice.
    public func stop() {
        var request = UInt32(BERTH_REQUEST_STOP)
        _ = send(requests.number, &request, MemoryLayout.size(ofValue: request), Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
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
private struct ShimConnection: Sendable {
    let directory: String
    let socket: Int32

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
        if case .finished(let record) = try? RecordFile.read(in: directory) { return .finished(record) }
        return .lost
    }
}
