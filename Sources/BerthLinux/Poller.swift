import CLinux
import Glibc
import Synchronization
import SystemPackage

/// One named thread that waits on many descriptors (epoll) and calls a handler for each that is ready.
///
/// Handlers run on that thread, one at a time: each must be short and must not block.
public final class Poller: Sendable {
    /// Called when the descriptor can be read or has ended; false ends the watch and closes the descriptor.
    public typealias Handler = @Sendable () -> Bool

    private let epoll: Int32
    private let handlers = Mutex<[Int32: Handler]>([:])

    /// - Parameter name: shown by `ps -L`; Linux keeps its first 15 bytes.
    public init(name: String) throws(LinuxError) {
        epoll = try check("make", "epoll set") { epoll_create1(Int32(EPOLL_CLOEXEC)) }
        try startThread(name: name) { [self] in run() }
    }

    /// Owns and watches a descriptor until its handler says false.
    public func watch(_ owned: consuming OwnedDescriptor, _ handler: @escaping Handler) throws(LinuxError) {
        let descriptor = owned.number
        handlers.withLock { $0[descriptor] = handler }
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.fd = descriptor
        do {
            try check("watch", "descriptor \(descriptor)") { epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) }
        } catch {
            handlers.withLock { $0[descriptor] = nil }
            throw error
        }
        _ = owned.release()
    }

    private func run() -> Never {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), -1)
            for event in events.prefix(Int(max(count, 0))) {
                let descriptor = event.data.fd
                guard let handler = handlers.withLock({ $0[descriptor] }), !handler() else { continue }
                // Forgotten before it is closed, so that a new descriptor of the same number is not lost. Closing alone
                // does not end the watch while a copy of the descriptor lives: its events would go on, under a number
                // that is somebody else's by then (epoll(7), question 6).
                handlers.withLock { $0[descriptor] = nil }
                _ = epoll_ctl(epoll, Int32(EPOLL_CTL_DEL), descriptor, nil)
                _ = close(descriptor)
            }
        }
    }
}
