import BerthModel
import BerthStore
import Foundation
import Testing

@testable import BerthEngine

@Suite struct `Log operations` {
    private static let start: Int64 = 1_700_000_000_000

    /// Puts a finished stream into the store and writes its file.
    ///
    /// - Parameter lines: each with its time, in milliseconds after the start of the test's time.
    private func add(_ fixture: EngineFixture, _ name: String, task: String, _ lines: [(UInt64, String)]) async throws {
        var writer = LogWriter()
        for (time, line) in lines {
            writer.time = UInt64(Self.start) + time
            writer.print(line + "\n")
        }
        let path = fixture.root + "/logs/\(task)-main.log"
        try writer.write(path)
        let created = Self.start + Int64(lines.first?.0 ?? 0)
        let ended = Self.start + Int64(lines.last?.0 ?? 0)
        let stream = StoredLogStream(
            group: "/etl", name: name, task: task, container: "main", path: path, created: created)
        let size = Int64(writer.bytes.count)
        try await fixture.store.write { writer in
            try writer.ensureLogGroup("/etl", now: Self.start)
            try writer.addLogStream(stream)
            let stored = try required(try writer.reader.logStream(group: "/etl", name: name), "stream")
            try writer.endLogStream(stored, ended: ended, last: ended, bytes: size)
        }
    }

    private func get(_ fixture: EngineFixture, _ change: (inout GetLogEventsRequest) -> Void) async throws
        -> LogEventsPage
    {
        var request = GetLogEventsRequest()
        request.logGroupName = "/etl"
        request.logStreamName = "one"
        change(&request)
        return try await fixture.engine.getLogEvents(request)
    }

    @Test
    func `pages go forwards from the head and backwards from the end, and repeat their token when nothing is new`()
        async throws
    {
        let fixture = try await EngineFixture()
        let lines = (0..<10).map { (UInt64($0), "line \($0)") }
        try await add(fixture, "one", task: "t1", lines)

        var seen: [String] = []
        var token: String?
        while true {
            let next = token
            let page = try await get(fixture) { request in
                request.startFromHead = true
                request.limit = 4
                request.nextToken = next
            }
            seen += page.events.map(\.message)
            #expect(page.nextForwardToken.hasPrefix("f/") && page.nextBackwardToken.hasPrefix("b/"))
            if page.nextForwardToken == token { break }
            token = page.nextForwardToken
        }
        #expect(seen == lines.map(\.1))

        let newest = try await get(fixture) { $0.limit = 3 }
        #expect(newest.events.map(\.message) == ["line 7", "line 8", "line 9"])
        let before = try await get(fixture) { request in
            request.limit = 3
            request.nextToken = newest.nextBackwardToken
        }
        #expect(before.events.map(\.message) == ["line 4", "line 5", "line 6"])
        let after = try await get(fixture) { $0.nextToken = before.nextForwardToken }
        #expect(after.events == newest.events)
        #expect(Set((newest.events + before.events).map(\.eventId)).count == 6)
    }

    @Test func `times limit what is given: the first is included, the last is not`() async throws {
        let fixture = try await EngineFixture()
        try await add(fixture, "one", task: "t1", (0..<10).map { (UInt64($0), "line \($0)") })
        for head in [true, false] {
            let page = try await get(fixture) { request in
                request.startTime = Self.start + 3
                request.endTime = Self.start + 6
                request.startFromHead = head
            }
            #expect(page.events.map(\.message) == ["line 3", "line 4", "line 5"])
        }
    }

    @Test func `what is not there, and a token that is none, are refused`() async throws {
        let fixture = try await EngineFixture()
        try await add(fixture, "one", task: "t1", [(0, "x")])
        var request = GetLogEventsRequest()
        request.logGroupName = "/none"
        request.logStreamName = "one"
        let noGroup = request
        let group = await #expect(throws: ServiceError.self) { try await fixture.engine.getLogEvents(noGroup) }
        #expect(group?.message == "The specified log group does not exist.")
        let stream = await #expect(throws: ServiceError.self) { try await get(fixture) { $0.logStreamName = "two" } }
        #expect(stream?.message == "The specified log stream does not exist.")
        for token in ["x", "f/1", "b/1.2", "f/-1.0", "f/a.b"] {
            let error = await #expect(throws: ServiceError.self) { try await get(fixture) { $0.nextToken = token } }
            #expect(error?.code == "InvalidParameterException")
        }
    }

    private func filter(_ fixture: EngineFixture, _ change: (inout FilterLogEventsRequest) -> Void = { _ in })
        async throws -> [LogEvent]
    {
        var events: [LogEvent] = []
        var token: String?
        repeat {
            var request = FilterLogEventsRequest()
            request.logGroupName = "/etl"
            request.nextToken = token
            change(&request)
            let page = try await fixture.engine.filterLogEvents(request)
            events += page.items
            token = page.nextToken
        } while token != nil
        return events
    }

    @Test func `a search goes through all streams in the order of time, whatever the size of a page`() async throws {
        let fixture = try await EngineFixture()
        // Streams that follow one another, overlap, and lie in one another; two lines at one time.
        try await add(fixture, "a", task: "t1", [(0, "0"), (10, "10"), (20, "20 x"), (90, "90")])
        try await add(fixture, "b", task: "t2", [(10, "10 b"), (11, "11"), (12, "12 x")])
        try await add(fixture, "c", task: "t3", [(15, "15"), (50, "50")])
        try await add(fixture, "d", task: "t4", [(60, "60 x")])
        let all = try await filter(fixture)
        #expect(all.map(\.message) == ["0", "10", "10 b", "11", "12 x", "15", "20 x", "50", "60 x", "90"])
        #expect(Set(all.map(\.eventId)).count == all.count)
        for limit in 1...4 { #expect(try await filter(fixture) { $0.limit = limit } == all, "pages of \(limit)") }
        #expect(try await filter(fixture) { $0.filterPattern = "x" }.map(\.message) == ["12 x", "20 x", "60 x"])
        #expect(
            try await filter(fixture) { $0.logStreamNames = ["b", "d"] }.map(\.logStreamName) == ["b", "b", "b", "d"])
        #expect(try await filter(fixture) { $0.logStreamNamePrefix = "c" }.map(\.message) == ["15", "50"])
        let late = try await filter(fixture) { request in
            request.startTime = Self.start + 20
            request.endTime = Self.start + 60
            request.limit = 1
        }
        #expect(late.map(\.message) == ["20 x", "50"])
    }

    @Test func `groups and streams are listed by name and by time`() async throws {
        let fixture = try await EngineFixture()
        try await add(fixture, "b", task: "t1", [(0, "x"), (5, "y")])
        try await add(fixture, "a", task: "t2", [(10, "x"), (20, "y")])
        let groups = try await fixture.engine.describeLogGroups(DescribeLogGroupsRequest())
        #expect(groups.items.map(\.logGroupName) == ["/etl"])
        #expect((groups.items.first?.storedBytes ?? 0) > 0)

        var request = DescribeLogStreamsRequest()
        request.logGroupName = "/etl"
        request.limit = 1
        let first = try await fixture.engine.describeLogStreams(request)
        #expect(first.items.map(\.logStreamName) == ["a"])
        request.nextToken = first.nextToken
        let second = try await fixture.engine.describeLogStreams(request)
        #expect(second.items.map(\.logStreamName) == ["b"])
        #expect(second.nextToken == nil)
        #expect(second.items.first?.firstEventTimestamp == Self.start)
        #expect(second.items.first?.lastEventTimestamp == Self.start + 5)

        request.nextToken = nil
        request.limit = nil
        request.orderBy = "LastEventTime"
        request.descending = true
        #expect(try await fixture.engine.describeLogStreams(request).items.map(\.logStreamName) == ["a", "b"])
    }

    @Test func `what is older than the retention goes, what it cost stays`() async throws {
        let fixture = try await EngineFixture()
        let old = try await fixture.run("echo old")
        let young = try await fixture.run("echo young")
        // As if it had stopped long ago.
        var past = old
        past.stoppedAt = Date(timeIntervalSince1970: 1)
        let moved = past
        try await fixture.store.write { writer in
            let launch = try required(try writer.reader.task(old.id), "task").launch
            try writer.removeTasks([old.id])
            try writer.addTask(StoredTask(task: moved, launch: launch), cluster: "default", family: "test")
        }
        await fixture.engine.forgetOld()
        let found = try await fixture.engine.describeTasks(cluster: nil, tasks: [old.id, young.id])
        #expect(found.tasks.map(\.taskArn) == [young.taskArn])
        #expect(found.failures.map(\.reason) == ["MISSING"])
        #expect(!FileManager.default.fileExists(atPath: fixture.root + "/logs/\(old.id)-main.log"))
        #expect(try await fixture.log(young) == ["young"])
        #expect(try await fixture.store.read { try $0.ledgerRows(keyPrefix: old.id) }.count == 3)
    }
}
