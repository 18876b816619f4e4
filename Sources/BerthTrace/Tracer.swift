import BerthLinux
import CLinux
import Glibc
import Synchronization

/// Writes down how long each step of a task takes, in a file that Perfetto and chrome://tracing open.
///
/// Whoever may be traced holds an optional tracer, or a trail of one: without a trace, each step costs a comparison with nil. With
/// one, a step costs two readings of the clock and a place in a buffer; a thread of its own writes the file. When the buffer is
/// full, events are dropped, and the trace says how many. A file that cannot be written ends the trace and nothing else.
public final class Tracer: Sendable {
    private struct State {
        var events: [TraceEvent] = []
        /// Emptied and kept, so that the buffers grow once.
        var spare: [TraceEvent] = []
        var dropped = 0
        var isOver = false
        var tasks = 0
        /// Of requests, by their place: whether one is on it.
        var lanes: [Bool] = []
    }
    private struct Output: ~Copyable {
        var file: TraceFile
        var format: TraceFormat
    }
    private let state = Mutex(State())
    private let output: Mutex<Output>
    private let doorbell: Doorbell
    private let limit: Int
    private let report: @Sendable (LinuxError) -> Void

    /// How long events are gathered before they are written, in milliseconds: what a `kill -9` loses at most.
    private static let patience: Int32 = 100

    /// Begins a trace.
    ///
    /// - Parameters:
    ///   - path: the file; emptied if it is there.
    ///   - limit: how many events wait for the writer at most, about 150 bytes each; a task has about 40.
    ///   - report: told once, on any thread, why the trace has ended before its time.
    /// - Throws: when the file cannot be made or written.
    public convenience init(
        path: String, limit: Int = 1 << 16, report: @escaping @Sendable (LinuxError) -> Void
    ) throws(LinuxError) {
        try self.init(path: path, limit: limit, patience: Self.patience, report: report)
    }

    /// - Parameter patience: milliseconds between an event and its writing; nil writes at ``finish()`` only.
    init(
        path: String, limit: Int, patience: Int32?, report: @escaping @Sendable (LinuxError) -> Void
    ) throws(LinuxError) {
        let file = try TraceFile.make(path: path, elements: TraceFormat.preamble(process: getpid()))
        output = Mutex(Output(file: file, format: TraceFormat(origin: .now(), threadName: Self.name(ofThread:))))
        doorbell = try Doorbell()
        self.limit = limit
        self.report = report
        guard let patience else { return }
        try startThread(name: "berth-trace") { [weak self, doorbell] in
            while true {
                var bell = pollfd(fd: doorbell.number, events: Int16(POLLIN), revents: 0)
                if poll(&bell, 1, -1) <= 0 { continue }
                _ = poll(nil, 0, patience)
                doorbell.answer()
                guard let tracer = self, tracer.flush() else { return }
            }
        }
    }

    deinit { doorbell.ring() }

    /// Writes what there is, and ends the trace.
    public func finish() {
        flush()
        state.withLock { $0.isOver = true }
        doorbell.ring()
    }

    // MARK: What is traced

    /// This moment; of a tracer that may not be there: when it is not, nobody reads the clock.
    public func now() -> Moment { .now() }

    /// A request, from now on.
    ///
    /// - Parameters:
    ///   - id: as its reply names it.
    ///   - operation: names its span.
    public func request(_ id: String, operation: String) -> RequestTrail {
        let lane = state.withLock { state in
            let lane = state.lanes.firstIndex(of: false) ?? state.lanes.count
            if lane == state.lanes.count { state.lanes.append(true) } else { state.lanes[lane] = true }
            return lane
        }
        // The caller's words, and it need not have signed them.
        return RequestTrail(self, lane: lane, id: id, operation: String(operation.prefix(Self.longestName)))
    }

    private static let longestName = 128

    func leave(lane: Int) { state.withLock { $0.lanes[lane] = false } }

    /// A task, whose first phase begins now.
    public func task(_ id: String) -> TaskTrail {
        let number = state.withLock { state in
            state.tasks += 1
            return state.tasks
        }
        return TaskTrail(self, number: number, id: id)
    }

    /// Something that the calling thread has done since a moment, and is done with.
    ///
    /// - Parameters:
    ///   - since: nil for a step whose beginning nobody noted; then nothing is recorded.
    ///   - trail: the task it was done for.
    ///   - writes: how many writes share it, of a transaction.
    public func work(_ step: Step, since: Moment?, for trail: TaskTrail? = nil, writes: Int? = nil) {
        guard let since else { return }
        let track = Track.thread(Self.thread)
        if let trail, let arrow = Self.arrow(to: step) { trail.record(flow: arrow, on: track, at: since) }
        record(
            TraceEvent(
                kind: .span(end: .now()), step: step, track: track, at: since, subject: trail?.id ?? "", count: writes))
    }

    /// The steps on threads by which a task's way leads.
    private static func arrow(to step: Step) -> TraceEvent.FlowPart? {
        switch step {
        case .prepare, .launch: .step
        case .trash: .end
        default: nil
        }
    }

    func record(_ event: TraceEvent) {
        let isFirst = state.withLock { state in
            if state.isOver { return false }
            if state.events.count >= limit {
                state.dropped += 1
                return false
            }
            state.events.append(event)
            return state.events.count == 1
        }
        if isFirst { doorbell.ring() }
    }

    // MARK: The writer

    /// - Returns: whether the trace goes on.
    @discardableResult
    func flush() -> Bool {
        output.withLock { output in
            let (events, dropped, isOver) = take()
            if isOver { return false }
            for event in events { output.format.add(event) }
            if dropped > 0 { output.format.addGap(dropped, at: .now()) }
            giveBack(events)
            do throws(LinuxError) {
                try output.file.append(output.format.take())
                return true
            } catch {
                state.withLock { state in
                    // Not the lanes: requests are under way on them.
                    state.events = []
                    state.spare = []
                    state.isOver = true
                }
                report(error)
                return false
            }
        }
    }

    private func take() -> (events: [TraceEvent], dropped: Int, isOver: Bool) {
        state.withLock { state in
            defer {
                state.events = state.spare
                state.spare = []
                state.dropped = 0
            }
            return (state.events, state.dropped, state.isOver)
        }
    }

    private func giveBack(_ buffer: consuming [TraceEvent]) {
        var buffer = buffer
        buffer.removeAll(keepingCapacity: true)
        state.withLock { [buffer] in $0.spare = buffer }
    }

    /// The kernel's id of the calling thread (gettid(2)).
    private static var thread: Int { berth_syscall(Int(SYS_gettid), 0, 0, 0, 0, 0) }

    private static func name(ofThread id: Int) -> String {
        let name = try? SmallFile.read("/proc/self/task/\(id)/comm", limit: 64)
        return name.map { String($0.filter { $0 != "\n" }) } ?? "thread \(id)"
    }
}
