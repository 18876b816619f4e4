import Benchmark
import CAllocations
import Glibc
import Synchronization

/// Measures some work, over and over: its time, and what it takes.
///
/// - Parameters:
///   - name: without spaces, for the file of its thresholds is named by it.
///   - times: how often the work is done between two looks at the clock: more for what takes less than 100 µs or so. What is
///     told is of all of them together, and the name says how many.
///   - slack: percent by which counts may differ from the threshold; 0 for not by one.
public func measure(_ name: String, times: Int = 1, slack: Double = 1, _ work: @escaping () throws -> Void) {
    Benchmark(full(name, times), configuration: .inner(writes: false, slack: slack)) { benchmark in
        let before = Counters()
        for _ in 0..<times { try work() }
        benchmark.note(since: before)
    }
}

/// Measures some work on what is set up once before it, and let go after it.
///
/// - Parameters:
///   - writes: whether to count calls of write(2) and its kin.
///   - setup: makes what the work is done on.
public func measure<State: Sendable>(
    _ name: String, times: Int = 1, writes: Bool = false, slack: Double = 1,
    on setup: @escaping @Sendable () async throws -> State, _ work: @escaping (State) async throws -> Void
) {
    let held = Held<State>()
    Benchmark(
        full(name, times), configuration: .inner(writes: writes, slack: slack),
        closure: { benchmark async throws in
            guard let state = held.state.withLock({ $0 }) else { return }
            let before = Counters()
            for _ in 0..<times { try await work(state) }
            benchmark.note(since: before)
        },
        setup: {
            let state = try await setup()
            held.state.withLock { $0 = state }
        },
        // The plugin itself would hold it until the process is gone.
        teardown: { held.state.withLock { $0 = nil } })
}

private final class Held<State: Sendable>: Sendable {
    let state = Mutex<State?>(nil)
}

private func full(_ name: String, _ times: Int) -> String { times == 1 ? name : "\(name)-\(times)-times" }

/// What the process has used so far.
private struct Counters {
    var allocations = allocations_count()
    var processorTime: Int

    init() {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        processorTime = time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

extension Benchmark {
    fileprivate func note(since before: Counters) {
        let now = Counters()
        measurement(.allocations, Int(now.allocations - before.allocations))
        measurement(.processorTime, now.processorTime - before.processorTime)
    }
}
