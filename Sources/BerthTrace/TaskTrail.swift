import Synchronization

/// What a trace tells of one task: phases one after another on a track of its own, and in them spans.
public final class TaskTrail: Sendable {
    /// What it is written by.
    public let tracer: Tracer
    /// The task's.
    public let id: String
    let number: Int
    /// When its first phase began.
    let begun = Moment.now()
    private struct State {
        /// When the phase began that the task is in.
        var phase: Moment
        var spawn: Moment?
    }
    private let state: Mutex<State>

    init(_ tracer: Tracer, number: Int, id: String) {
        self.tracer = tracer
        self.number = number
        self.id = id
        state = Mutex(State(phase: begun))
        tracer.record(
            TraceEvent(kind: .name("task \(id.prefix(8))"), step: .accept, track: .task(number), at: begun))
    }

    /// This moment; of a trail that may not be there: when it is not, nobody reads the clock.
    public func now() -> Moment { .now() }

    /// Ends the phase that the task is in, and begins the next: so they touch and never overlap.
    public func phaseEnds(_ step: Step, at end: Moment = .now()) {
        let start = state.withLock { state in
            defer { state.phase = max(state.phase, end) }
            return state.phase
        }
        record(.task(number), step, from: start, to: max(start, end))
        if step == .accept { record(flow: .step, on: .task(number), at: start) }
    }

    /// Something that was done within the phase.
    ///
    /// - Parameters:
    ///   - since: nil for a step whose beginning nobody noted; then nothing is recorded.
    public func span(_ step: Step, since: Moment?, to end: Moment = .now()) {
        guard let since else { return }
        record(.task(number), step, from: since, to: end)
    }

    /// Something that the calling thread has done for the task since a moment, on the thread's own track.
    ///
    /// - Parameter since: nil for a step whose beginning nobody noted; then nothing is recorded.
    public func work(_ step: Step, since: Moment?) { tracer.work(step, since: since, for: self) }

    /// When its shim began to be spawned; nil until ``shimIsSpawned()``, and for one that an earlier daemon spawned.
    public var spawn: Moment? { state.withLock { $0.spawn } }

    /// Its shim is spawned now.
    public func shimIsSpawned() { state.withLock { $0.spawn = .now() } }

    /// Names the track of a container.
    public func nameContainer(_ index: Int, _ name: String) {
        tracer.record(
            TraceEvent(
                kind: .name("task \(id.prefix(8)) · \(name)"), step: .program, track: .container(task: number, index),
                at: .now()))
    }

    /// Something that a container went through.
    public func container(_ index: Int, _ step: Step, from start: Moment, to end: Moment) {
        record(.container(task: number, index), step, from: start, to: max(start, end))
    }

    func record(flow part: TraceEvent.FlowPart, on track: Track, at moment: Moment) {
        tracer.record(TraceEvent(kind: .flow(part, task: number), step: .accept, track: track, at: moment))
    }

    private func record(_ track: Track, _ step: Step, from start: Moment, to end: Moment) {
        tracer.record(TraceEvent(kind: .span(end: end), step: step, track: track, at: start, subject: id))
    }
}
