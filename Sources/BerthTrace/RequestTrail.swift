/// What a trace tells of one request: a span on a lane that it has for itself until its end, and in it its steps.
public final class RequestTrail: Sendable {
    /// What it is written by.
    public let tracer: Tracer
    private let lane: Int
    private let id: String
    private let operation: String
    private let start = Moment.now()

    init(_ tracer: Tracer, lane: Int, id: String, operation: String) {
        self.tracer = tracer
        self.lane = lane
        self.id = id
        self.operation = operation
    }

    /// This moment; of a trail that may not be there: when it is not, nobody reads the clock.
    public func now() -> Moment { .now() }

    /// A step of it.
    ///
    /// - Parameter since: nil for a step whose beginning nobody noted; then nothing is recorded.
    public func span(_ step: Step, since: Moment?) {
        guard let since else { return }
        record(step, from: since)
    }

    /// The request leads to a task, which has just been made: a viewer draws an arrow.
    public func leads(to task: TaskTrail) { task.record(flow: .begin, on: .request(lane: lane), at: task.begun) }

    /// It is answered. To be called once, and nothing after it.
    public func ends() {
        record(.request, from: start)
        tracer.leave(lane: lane)
    }

    private func record(_ step: Step, from start: Moment) {
        tracer.record(
            TraceEvent(
                kind: .span(end: .now()), step: step, track: .request(lane: lane), at: start, subject: id,
                detail: step == .request ? operation : nil))
    }
}

extension RequestTrail: Equatable {
    /// Whether it is the same request.
    public static func == (left: RequestTrail, right: RequestTrail) -> Bool { left === right }
}
