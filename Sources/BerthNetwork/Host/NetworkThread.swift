import BerthLinux
import Glibc
import Synchronization

/// What the network's thread works with; it never leaves the thread.
protocol NetworkThreadState: AnyObject, SendableMetatype {
    /// To be polled beside the jobs' doorbell.
    var watched: [Int32] { get }
    /// After each round of jobs, and when a watched descriptor can be read.
    ///
    /// - Returns: in how many milliseconds to come again if nothing happens before; nil for never.
    func settle() -> Int32?
}

/// The one thread that does all kernel work of a network: what it works with needs no locks, and requests of many tasks go
/// to the kernel together.
final class NetworkThread<State: NetworkThreadState>: Sendable {
    private typealias Job = @Sendable (State) -> Void
    private let queue: JobQueue

    private final class JobQueue: Sendable {
        let doorbell: Doorbell
        let jobs = Mutex<(waiting: [Job], isEnding: Bool)>(([], false))
        init() throws(LinuxError) { doorbell = try Doorbell() }
    }

    /// Starts the thread and makes its state there.
    static func start(
        name: String, _ make: @escaping @Sendable () throws(NetworkSetupError) -> State
    ) async throws(NetworkSetupError) -> NetworkThread {
        let queue: JobQueue
        do { queue = try JobQueue() } catch { throw NetworkSetupError(.kernel, "\(error)") }
        let thread = NetworkThread(queue: queue)
        let failure: NetworkSetupError? = await withCheckedContinuation { continuation in
            do {
                try startThread(name: name) {
                    let state: State
                    do throws(NetworkSetupError) { state = try make() } catch {
                        return continuation.resume(returning: error)
                    }
                    continuation.resume(returning: nil)
                    Self.work(state, queue)
                }
            } catch {
                continuation.resume(returning: NetworkSetupError(.kernel, "\(error)"))
            }
        }
        if let failure { throw failure }
        return thread
    }

    private init(queue: JobQueue) { self.queue = queue }

    deinit {
        queue.jobs.withLock { $0.isEnding = true }
        queue.doorbell.ring()
    }

    /// Runs `body` on the thread.
    func run<Value: Sendable>(_ body: @escaping @Sendable (State) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            submit { continuation.resume(returning: body($0)) }
        }
    }

    /// Runs `body` on the thread, without waiting for it.
    func submit(_ body: @escaping @Sendable (State) -> Void) {
        queue.jobs.withLock { $0.waiting.append(body) }
        queue.doorbell.ring()
    }

    private static func work(_ state: State, _ queue: JobQueue) {
        var wait: Int32 = state.settle() ?? -1
        while true {
            var polled = ([queue.doorbell.number] + state.watched).map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            _ = poll(&polled, nfds_t(polled.count), wait)
            if polled[0].revents != 0 { queue.doorbell.answer() }
            let (jobs, isEnding) = queue.jobs.withLock { waiting in
                defer { waiting.waiting = [] }
                return (waiting.waiting, waiting.isEnding)
            }
            for job in jobs { job(state) }
            if isEnding { return }
            wait = state.settle() ?? -1
        }
    }
}
