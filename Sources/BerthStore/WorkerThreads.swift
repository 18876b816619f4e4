import BerthLinux
import Dispatch
import Synchronization

/// A few named threads for calls that block: file I/O, system calls, waiting for another process.
///
/// Swift's cooperative pool has one thread a core; a call that sleeps there stops everything else, so such calls run
/// here.
public final class WorkerThreads: Sendable {
    private let queue = JobQueue()
    private let count: Int

    /// - Parameters:
    ///   - name: shown by `ps -L` and debuggers; Linux keeps its first 15 bytes.
    ///   - count: how many calls may block at a time.
    public init(name: String, count: Int) throws(LinuxError) {
        self.count = count
        for _ in 0..<count {
            try startThread(name: name) { [queue] in queue.work() }
        }
    }

    deinit { queue.end(workers: count) }

    /// Runs `body` on one of the threads.
    public func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            submit { continuation.resume(returning: Result { () throws(Failure) in try body() }) }
        }
        return try result.get()
    }

    /// Runs `job` on one of the threads, without waiting for it.
    public func submit(_ job: @escaping @Sendable () -> Void) { queue.add(job) }
}

/// What the threads share; they hold it and not their owner, so that the owner's end can end them.
private final class JobQueue: Sendable {
    private struct State {
        var jobs = FIFO<@Sendable () -> Void>()
        var ended = false
    }
    private let state = Mutex(State())
    /// Counts the jobs that nobody has taken yet.
    private let available = DispatchSemaphore(value: 0)

    func add(_ job: @escaping @Sendable () -> Void) {
        state.withLock { $0.jobs.append(job) }
        available.signal()
    }

    func work() {
        while true {
            available.wait()
            let (job, ended) = state.withLock { ($0.jobs.popFirst(), $0.ended) }
            if let job { job() } else if ended { return }
        }
    }

    func end(workers: Int) {
        state.withLock { $0.ended = true }
        for _ in 0..<workers { available.signal() }
    }
}

/// First in, first out, in constant time.
struct FIFO<Element> {
    private var incoming: [Element] = []
    /// Reversed: the next is last.
    private var outgoing: [Element] = []

    mutating func append(_ element: Element) { incoming.append(element) }

    mutating func popFirst() -> Element? {
        if outgoing.isEmpty {
            outgoing = incoming.reversed()
            incoming.removeAll(keepingCapacity: true)
        }
        return outgoing.popLast()
    }
}
