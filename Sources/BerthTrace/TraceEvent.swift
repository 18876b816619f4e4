/// Where in a viewer an event is shown.
enum Track: Hashable, Sendable {
    /// Requests that are answered at the same time are on different lanes.
    case request(lane: Int)
    /// By its number, in the order of acceptance.
    case task(Int)
    /// A container of a task, by its place there.
    case container(task: Int, Int)
    /// By the kernel's id.
    case thread(Int)
}

/// One thing that a trace tells.
struct TraceEvent: Sendable {
    enum Kind: Sendable {
        /// Something took from `at` to `end`.
        case span(end: Moment)
        /// An arrow between the tracks of a task, from span to span; its id is the task's number.
        case flow(FlowPart, task: Int)
        /// What the track is called.
        case name(String)
    }
    enum FlowPart: Sendable { case begin, step, end }

    var kind: Kind
    var step: Step
    var track: Track
    var at: Moment
    /// What it is about: the task's id, or the request's.
    var subject = ""
    /// More of it: the operation of a request.
    var detail: String?
    /// How many writes share a transaction, instead of a subject.
    var count: Int?
}
