/// Writes events as Chrome's trace event format has them ("Trace Event Format", Duflot and others, 2016; JSON array form), which
/// Perfetto and chrome://tracing open.
///
/// Times are microseconds with three decimals, since the trace's beginning. There are three processes for a viewer: requests,
/// tasks, and the daemon's threads; their ids are only names.
struct TraceFormat {
    private static let requests = 1
    private static let tasks = 2
    private static let threads = 3
    /// More than the containers of a task, which are 16 at most.
    private static let tracksOfTask = 32

    let origin: Moment
    private var known: Set<Track> = []
    private(set) var bytes: [UInt8] = []
    /// How a thread is called.
    private let threadName: (Int) -> String

    init(origin: Moment, threadName: @escaping (Int) -> String) {
        self.origin = origin
        self.threadName = threadName
    }

    /// Takes what has been written since the last time: events, each with a comma before it.
    mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    /// The array's first elements, without brackets: the names of the processes.
    static func preamble(process: Int32) -> String {
        [(requests, "requests"), (tasks, "tasks"), (threads, "berth (pid \(process))")].map { id, name in
            #"{"ph":"M","name":"process_name","pid":\#(id),"tid":0,"args":{"name":"\#(name)"}}"#
                + ",\n"
                + #"{"ph":"M","name":"process_sort_index","pid":\#(id),"tid":0,"args":{"sort_index":\#(id)}}"#
        }.joined(separator: ",\n")
    }

    mutating func add(_ event: TraceEvent) {
        if case .name(let name) = event.kind { return self.name(event.track, name) }
        nameIfNew(event.track)
        switch event.kind {
        case .span(let end): span(event, end)
        case .flow(let part, let task): flow(part, task, event)
        case .name: break
        }
    }

    /// Says that events are missing before a moment.
    mutating func addGap(_ count: Int, at moment: Moment) {
        open("i")
        text(#","name":"events dropped","s":"g","pid":\#(Self.threads),"tid":0,"ts":"#)
        microseconds(moment)
        text(#","args":{"count":\#(count)}}"#)
    }

    private mutating func span(_ event: TraceEvent, _ end: Moment) {
        open("X")
        text(#","name":""#)
        escaped(event.step == .request ? event.detail ?? event.step.rawValue : event.step.rawValue)
        text(#"","cat":"\#(Self.category(event.track))""#)
        place(event)
        text(#","dur":"#)
        microseconds(from: event.at, to: end)
        text(#","args":{"#)
        if let count = event.count {
            text(#""writes":\#(count)"#)
        } else if !event.subject.isEmpty {
            text(#""\#(Self.subject(event.track))":""#)
            escaped(event.subject)
            text(#"""#)
        }
        text("}}")
    }

    private mutating func flow(_ part: TraceEvent.FlowPart, _ task: Int, _ event: TraceEvent) {
        switch part {
        case .begin: open("s")
        case .step: open("t")
        case .end: open("f")
        }
        // bp "e": it binds to the span around it, and not to the next one.
        text(#","name":"task","cat":"flow","bp":"e","id":\#(task)"#)
        place(event)
        text("}")
    }

    private mutating func nameIfNew(_ track: Track) {
        switch track {
        case .request(let lane) where known.insert(track).inserted: name(track, "requests \(lane + 1)")
        case .thread(let id) where known.insert(track).inserted: name(track, threadName(id))
        default: break
        }
    }

    private mutating func name(_ track: Track, _ name: String) {
        open("M")
        let (process, thread) = Self.ids(track)
        text(#","name":"thread_name","pid":\#(process),"tid":\#(thread),"args":{"name":""#)
        escaped(name)
        text(#""}}"#)
    }

    private mutating func place(_ event: TraceEvent) {
        let (process, thread) = Self.ids(event.track)
        text(#","pid":\#(process),"tid":\#(thread),"ts":"#)
        microseconds(event.at)
    }

    private static func ids(_ track: Track) -> (process: Int, thread: Int) {
        switch track {
        case .request(let lane): (requests, lane + 1)
        case .task(let number): (tasks, number * tracksOfTask)
        case .container(let task, let index): (tasks, task * tracksOfTask + 1 + index)
        case .thread(let id): (threads, id)
        }
    }

    private static func category(_ track: Track) -> String {
        switch track {
        case .request: "request"
        case .task: "task"
        case .container: "container"
        case .thread: "thread"
        }
    }

    private static func subject(_ track: Track) -> String {
        if case .request = track { "request" } else { "task" }
    }

    // MARK: Text

    private mutating func open(_ phase: String) { text(",\n{\"ph\":\"\(phase)\"") }

    private mutating func text(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// What came before the trace began, such as the start of a task that an earlier daemon launched, is shown at its beginning.
    private mutating func microseconds(_ moment: Moment) { microseconds(from: origin, to: moment) }

    private mutating func microseconds(from start: Moment, to end: Moment) {
        let start = max(start, origin)
        let time = end > start ? end.nanoseconds - start.nanoseconds : 0
        text("\(time / 1_000).\(String(time % 1_000 + 1_000).dropFirst())")
    }

    /// A string's characters as JSON has them (RFC 8259, section 7).
    private mutating func escaped(_ string: String) {
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: text("\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
    }
}
