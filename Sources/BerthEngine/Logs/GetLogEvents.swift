import BerthModel
import BerthStore

extension Engine {
    /// One page of a stream: the newest lines, or those from a token on.
    public func getLogEvents(_ request: GetLogEventsRequest) async throws -> LogEventsPage {
        let group = try logGroupName(request.logGroupName, request.logGroupIdentifier)
        guard let name = request.logStreamName, !name.isEmpty else {
            throw ServiceError.invalidParameter("The log stream's name must be specified.")
        }
        let limit = PageLimit(count: try Self.eventLimit(request.limit))
        let token = try request.nextToken.flatMap { $0.isEmpty ? nil : try LogToken($0) }
        let (groupFound, stream) = try await store.read { reader in
            (try reader.logGroup(group) != nil, try reader.logStream(group: group, name: name))
        }
        guard groupFound else { throw ServiceError.noLogGroup }
        guard let stream else { throw ServiceError.noLogStream }
        let page = StreamPage(stream, times: TimeRange(request.startTime, request.endTime), limit: limit)
        return try await logReaders.run {
            switch token {
            case .forward(let position): try page.forward(from: position)
            case .backward(let end): try page.backward(before: end)
            case nil: request.startFromHead == true ? try page.forward(from: .start) : try page.backward(before: nil)
            }
        }
    }

    static func eventLimit(_ limit: Int?) throws(ServiceError) -> Int {
        guard let limit else { return PageLimit.mostEvents }
        guard (1...PageLimit.mostEvents).contains(limit) else {
            throw .invalidParameter("limit must be between 1 and \(PageLimit.mostEvents), not \(limit).")
        }
        return limit
    }
}

/// Times in milliseconds since 1970, `from` included, `until` not.
struct TimeRange: Sendable {
    var from: Int64
    var until: Int64

    init(_ from: Int64?, _ until: Int64?) {
        self.from = from ?? 0
        self.until = until ?? .max
    }

    func contains(_ time: Int64) -> Bool { from <= time && time < until }
}

/// One page of one stream.
private struct StreamPage: Sendable {
    let stream: StoredLogStream
    let file: LogFile
    let times: TimeRange
    let limit: PageLimit

    init(_ stream: StoredLogStream, times: TimeRange, limit: PageLimit) {
        self.stream = stream
        file = LogFile(path: stream.path, isComplete: stream.ended != nil)
        self.times = times
        self.limit = limit
    }

    func forward(from start: LogPosition) throws -> LogEventsPage {
        let lines = try file.lines(from: start)
        var found: [LogLine] = []
        var bytes = 0
        var position = start
        while let line = try lines.next() {
            if times.contains(line.timestamp) {
                guard limit.hasRoom(count: found.count, bytes: bytes, for: line) else { break }
                found.append(line)
                bytes += PageLimit.size(line)
            }
            // Also behind lines that are not wanted: nobody has to go through them again.
            position = LogPosition(after: line)
        }
        return page(found, forward: position, backward: found.first?.end ?? start.end)
    }

    func backward(before end: Int64?) throws -> LogEventsPage {
        let found = try file.last(before: end, since: times.from, limit: limit) { times.contains($0.timestamp) }
        let place = found.last.map { LogPosition(after: $0) } ?? LogPosition(frame: 0, end: max(0, (end ?? 0) - 1))
        return page(found, forward: place, backward: found.first?.end ?? end ?? 0)
    }

    private func page(_ lines: [LogLine], forward: LogPosition, backward: Int64) -> LogEventsPage {
        LogEventsPage(
            events: lines.map { LogEvent($0, of: stream) }, nextForwardToken: LogToken.forward(forward).text,
            nextBackwardToken: LogToken.backward(backward).text)
    }
}

extension LogEvent {
    /// The id is the stream's number and the line's place in it: for ever the same, and in order.
    init(_ line: LogLine, of stream: StoredLogStream) {
        func padded(_ number: Int64) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, 19 - digits.count)) + digits
        }
        self.init(
            eventId: padded(stream.sequence) + padded(line.begin), logStreamName: stream.name,
            timestamp: line.timestamp,
            ingestionTime: line.timestamp, message: String(decoding: line.bytes, as: UTF8.self))
    }
}
