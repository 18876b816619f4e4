import Foundation
import Glibc
import Testing

@testable import BerthTrace

@Suite("A trace")
struct FormatTests {
    @Test("shows the phases of a task on a track of its own, each where the last one ended")
    func phases() throws {
        let trace = try TraceFixture()
        let task = trace.tracer.task("0123456789abcdef")
        let begun = Moment.now()
        task.phaseEnds(.accept, at: begun.after(2_000_500))
        // A clock of somebody else's may be a little behind.
        task.phaseEnds(.start, at: begun.after(1_000_000))
        task.phaseEnds(.run, at: begun.after(5_000_000))
        trace.tracer.finish()

        let spans = try trace.spans()
        #expect(spans.map(\.name) == ["accept", "start", "run"])
        #expect(Set(spans.map(\.thread)).count == 1)
        #expect(spans[1].start == spans[0].end && spans[1].duration == 0)
        #expect(spans[2].start == spans[1].end && spans[2].duration == 2_999_500)
        let names = try trace.events().filter { $0["name"] as? String == "thread_name" }
        #expect(names.compactMap { ($0["args"] as? [String: String])?["name"] } == ["task 01234567"])
        let arguments = try trace.events().filter { $0["ph"] as? String == "X" }.map { $0["args"] as? [String: String] }
        #expect(arguments == Array(repeating: ["task": "0123456789abcdef"], count: 3))
    }

    @Test("puts requests that are answered at the same time on lanes of their own, and uses a lane again")
    func lanes() throws {
        let trace = try TraceFixture()
        let first = trace.tracer.request("1", operation: "RunTask")
        let second = trace.tracer.request("2", operation: "DescribeTasks")
        first.ends()
        trace.tracer.request("3", operation: "StopTask").ends()
        second.ends()
        trace.tracer.finish()

        let spans = try trace.spans()
        #expect(spans.map(\.name) == ["RunTask", "StopTask", "DescribeTasks"])
        #expect(spans.map(\.thread) == [1, 1, 2])
    }

    @Test("draws an arrow from a request to its task and on to the threads that work for it")
    func flows() throws {
        let trace = try TraceFixture()
        let request = trace.tracer.request("r", operation: "RunTask")
        let task = trace.tracer.task("t")
        request.leads(to: task)
        task.phaseEnds(.accept)
        trace.tracer.work(.prepare, since: .now(), for: task)
        trace.tracer.work(.trash, since: .now(), for: task)
        request.ends()
        trace.tracer.finish()

        let flows = try trace.events().filter { $0["cat"] as? String == "flow" }
        #expect(flows.compactMap { $0["ph"] as? String } == ["s", "t", "t", "f"])
        #expect(Set(flows.compactMap { $0["id"] as? Int }) == [1])
        let spans = try trace.spans()
        for flow in flows {
            let time = Int(((flow["ts"] as? Double ?? -1) * 1000).rounded())
            #expect(
                spans.contains { span in
                    span.process == flow["pid"] as? Int && span.thread == flow["tid"] as? Int
                        && span.start <= time && time <= span.end
                }, "an arrow ends in no span")
        }
    }

    @Test("names threads as the kernel does")
    func threads() throws {
        let trace = try TraceFixture()
        trace.tracer.work(.transaction, since: .now(), writes: 3)
        let name = try String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8).filter { $0 != "\n" }
        trace.tracer.finish()
        let events = try trace.events()
        let names = events.filter { $0["name"] as? String == "thread_name" }
        #expect(names.compactMap { ($0["args"] as? [String: String])?["name"] } == [name])
        #expect(events.last?["args"] as? [String: Int] == ["writes": 3])
    }

    @Test("escapes what a client chose")
    func escapes() throws {
        let trace = try TraceFixture()
        let wild = "a\"b\\c\nd\u{1}é\u{1F40B}"
        trace.tracer.request(wild, operation: wild).ends()
        trace.tracer.finish()
        let request = try trace.events().last
        #expect(request?["name"] as? String == wild)
        #expect(request?["args"] as? [String: String] == ["request": wild])
    }

    @Test("shows what began before it at its beginning")
    func clamps() throws {
        let trace = try TraceFixture()
        let now = Moment.now()
        trace.tracer.task("t").container(0, .program, from: Moment(nanoseconds: 1), to: now)
        trace.tracer.finish()
        let span = try #require(try trace.spans().first)
        #expect(span.start == 0 && span.duration <= Int(now.nanoseconds))
    }

    @Test("has a name of its own for every step")
    func names() {
        #expect(Set(Step.allCases.map(\.rawValue)).count == Step.allCases.count)
    }
}
