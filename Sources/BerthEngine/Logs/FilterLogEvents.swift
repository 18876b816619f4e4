import BerthModel
import BerthStore

extension Engine {
    /// Lines of a group that match a pattern, in the order of time over all its streams. No token means: that is all.
    public func filterLogEvents(_ request: FilterLogEventsRequest) async throws -> Page<LogEvent> {
        let group = try logGroupName(request.logGroupName, request.logGroupIdentifier)
        let names = request.logStreamNames ?? []
        if !names.isEmpty && !(request.logStreamNamePrefix ?? "").isEmpty {
            throw ServiceError.invalidParameter("logStreamNamePrefix and logStreamNames are mutually exclusive.")
        }
        guard names.count <= 100 else {
            throw ServiceError.invalidParameter("logStreamNames can have at most 100 items.")
        }
        let search = FilterSearch(
            group: group, prefix: request.logStreamNamePrefix ?? "", names: names,
            times: TimeRange(request.startTime, request.endTime),
            pattern: try FilterPattern(request.filterPattern ?? ""),
            limit: PageLimit(count: try Self.eventLimit(request.limit)),
            token: try request.nextToken.flatMap { $0.isEmpty ? nil : try FilterToken($0) })
        return try await logReaders.run { [store] in try search.run(store) }
    }
}

/// One page of a search.
private struct FilterSearch: Sendable {
    var group: String
    var prefix: String
    var names: [String]
    var times: TimeRange
    var pattern: FilterPattern
    var limit: PageLimit
    var token: FilterToken?

    /// The most bytes of log that one call goes through: a rare pattern then gives pages that are empty but for a
    /// token, which CloudWatch's clients are used to.
    private static let mostBytes: Int64 = 64 << 20
    /// Streams whose progress a token holds; further ones are read from their heads again.
    private static let mostProgress = 64

    func run(_ store: Store) throws -> Page<LogEvent> {
        let queue = try StreamQueue(self, store)
        var events: [LogEvent] = []
        var bytes = 0
        var passed: Int64 = 0
        var last: FilterToken.Place?
        while let cursor = try queue.next() {
            let (line, place) = cursor.head
            if passed > Self.mostBytes || !limit.hasRoom(count: events.count, bytes: bytes, for: line), let last {
                return Page(
                    items: events,
                    nextToken: try FilterToken(place: last, progress: queue.progress(Self.mostProgress)).text)
            }
            if pattern.matches(line.bytes), times.contains(line.timestamp) {
                events.append(LogEvent(line, of: cursor.stream))
                bytes += PageLimit.size(line)
            }
            last = place
            passed += try cursor.advance()
        }
        return Page(items: events, nextToken: nil)
    }
}

/// The lines of many streams in one order. A stream is opened when the search comes to its start and closed at its end:
/// open at a time are only those that ran at a time.
private final class StreamQueue {
    private let search: FilterSearch
    private let store: Store
    private var open: [StreamCursor] = []
    /// Streams not opened yet, by their start.
    private var waiting: ArraySlice<StoredLogStream> = []
    private var lastFetched: (created: Int64, sequence: Int64)?
    private var isExhausted = false

    init(_ search: FilterSearch, _ store: Store) throws {
        self.search = search
        self.store = store
        guard !search.names.isEmpty else {
            guard try store.readNow({ try $0.logGroup(search.group) }) != nil else { throw ServiceError.noLogGroup }
            return
        }
        isExhausted = true
        let (groupFound, streams) = try store.readNow { reader in
            (
                try reader.logGroup(search.group) != nil,
                try search.names.map { try reader.logStream(group: search.group, name: $0) }
            )
        }
        guard groupFound else { throw ServiceError.noLogGroup }
        guard !streams.contains(nil) else { throw ServiceError.noLogStream }
        waiting = streams.compactMap { $0 }.sorted { ($0.created, $0.sequence) < ($1.created, $1.sequence) }[...]
    }

    /// The stream whose next line is the first of all.
    func next() throws -> StreamCursor? {
        open.removeAll { $0.isEnded }
        while true {
            let first = open.min { $0.head.place < $1.head.place }
            guard let stream = try peekWaiting(), first.map({ stream.created <= $0.head.place.time }) ?? true else {
                return first
            }
            waiting.removeFirst()
            if let cursor = try StreamCursor(stream, after: search.token, from: search.times.from) {
                open.append(cursor)
            }
        }
    }

    func progress(_ limit: Int) -> [Int64: FilterToken.Progress] {
        open.prefix(limit).reduce(into: [:]) { $0[$1.stream.sequence] = $1.progress }
    }

    private func peekWaiting() throws -> StoredLogStream? {
        if waiting.isEmpty && !isExhausted {
            let from = max(search.times.from, search.token?.place.time ?? 0)
            let (search, last) = (search, lastFetched)
            let rows = try store.readNow { reader in
                try reader.logStreams(
                    group: search.group, prefix: search.prefix, from: from, until: search.times.until, after: last,
                    limit: 200)
            }
            isExhausted = rows.count < 200
            lastFetched = rows.last.map { ($0.created, $0.sequence) }
            waiting = rows[...]
        }
        return waiting.first
    }
}

/// One stream of a search, at one line.
private final class StreamCursor {
    let stream: StoredLogStream
    /// The line that the search has come to in this stream.
    private(set) var head: (line: LogLine, place: FilterToken.Place)
    private(set) var isEnded = false
    /// The place behind the last line that was passed.
    private(set) var progress: FilterToken.Progress
    private var lines: LogFile.Lines

    /// Nil for a stream in which nothing is left.
    init?(_ stream: StoredLogStream, after token: FilterToken?, from: Int64) throws {
        self.stream = stream
        progress = token?.progress[stream.sequence] ?? FilterToken.Progress(frame: 0, end: 0, time: 0)
        let file = LogFile(path: stream.path, isComplete: stream.ended != nil)
        lines = try file.lines(from: LogPosition(frame: progress.frame, end: progress.end))
        while let line = try lines.next() {
            let place = Self.place(line, stream, after: progress)
            head = (line, place)
            if token.map({ $0.place < place }) ?? true, line.timestamp >= from { return }
            progress = Self.progress(behind: head)
        }
        return nil
    }

    /// Goes on to the next line.
    ///
    /// - Returns: how many bytes of file that took.
    func advance() throws -> Int64 {
        let before = lines.passed
        progress = Self.progress(behind: head)
        if let line = try lines.next() {
            head = (line, Self.place(line, stream, after: progress))
        } else {
            isEnded = true
        }
        return lines.passed - before
    }

    /// Times within a stream may step back a little where two outputs meet; the order is by the latest so far.
    private static func place(
        _ line: LogLine, _ stream: StoredLogStream, after progress: FilterToken.Progress
    ) -> FilterToken.Place {
        FilterToken.Place(time: max(line.timestamp, progress.time), stream: stream.sequence, end: line.end)
    }

    private static func progress(behind head: (line: LogLine, place: FilterToken.Place)) -> FilterToken.Progress {
        FilterToken.Progress(frame: head.line.resume, end: head.line.end, time: head.place.time)
    }
}
