import GRDB

/// A log group; times are milliseconds since 1970.
public struct StoredLogGroup: Equatable, Sendable {
    /// As the log operations call it.
    public var name: String
    /// Milliseconds since 1970.
    public var created: Int64
    /// Bytes of the files of the streams whose tasks have stopped.
    public var bytes: Int64
}

/// A log stream: one container of one task, and the file that holds what it printed.
public struct StoredLogStream: Equatable, Sendable {
    /// Its place in the order of creation.
    public var sequence: Int64 = 0
    /// Its group's name.
    public var group: String
    /// Unique in its group.
    public var name: String
    /// The task's id.
    public var task: String
    /// The container's name.
    public var container: String
    /// The file.
    public var path: String
    /// Milliseconds since 1970.
    public var created: Int64
    /// When its task had stopped; from then on the file does not change.
    public var ended: Int64?
    /// When something was last printed, as far as known: `created` until the task has stopped.
    public var last: Int64
    /// Bytes of the file once its task has stopped.
    public var bytes: Int64 = 0

    public init(group: String, name: String, task: String, container: String, path: String, created: Int64) {
        self.group = group
        self.name = name
        self.task = task
        self.container = container
        self.path = path
        self.created = created
        self.last = created
    }

    init(_ row: Row) {
        self.init(
            group: row["log_group"], name: row["name"], task: row["task"], container: row["container"],
            path: row["path"],
            created: row["created"])
        sequence = row["sequence"]
        ended = row["ended"]
        last = row["last"]
        bytes = row["bytes"]
    }
}

extension StoreReader {
    /// The group of a name.
    public func logGroup(_ name: String) throws -> StoredLogGroup? {
        try row("SELECT name, created, bytes FROM log_groups WHERE name = ?", [name])
            .map { StoredLogGroup(name: $0[0], created: $0[1], bytes: $0[2]) }
    }

    /// Groups in alphabetical order, those after `after` that begin with `prefix`.
    public func logGroups(prefix: String, after: String?, limit: Int) throws -> [StoredLogGroup] {
        try rows(
            """
            SELECT name, created, bytes FROM log_groups WHERE name > ? AND name >= ? AND name < ? ORDER BY name LIMIT ?
            """, [after ?? "", prefix, prefix + "\u{10FFFF}", limit]
        ).map { StoredLogGroup(name: $0[0], created: $0[1], bytes: $0[2]) }
    }

    /// The stream of a name.
    public func logStream(group: String, name: String) throws -> StoredLogStream? {
        try row("SELECT * FROM log_streams WHERE log_group = ? AND name = ?", [group, name]).map { StoredLogStream($0) }
    }

    /// The streams of a task, in the order of its containers.
    public func logStreams(task: String) throws -> [StoredLogStream] {
        try rows("SELECT * FROM log_streams WHERE task = ? ORDER BY sequence", [task]).map { StoredLogStream($0) }
    }

    /// Streams of a group by name, those after `after` that begin with `prefix`.
    public func logStreams(
        group: String, prefix: String, after: String?, descending: Bool, limit: Int
    ) throws -> [StoredLogStream] {
        // One bound on each side, so that SQLite begins to read at the page and not at the prefix.
        let end = prefix + "\u{10FFFF}"
        let (from, low) = descending ? (">=", prefix) : after.map { (">", $0) } ?? (">=", prefix)
        return try rows(
            """
            SELECT * FROM log_streams WHERE log_group = ? AND name \(from) ? AND name < ?
            ORDER BY name \(descending ? "DESC" : "ASC") LIMIT ?
            """, [group, low, descending ? after ?? end : end, limit]
        ).map { StoredLogStream($0) }
    }

    /// Streams of a group by the time something was last printed, those after the place (`last`, `sequence`).
    public func logStreamsByTime(
        group: String, after: (last: Int64, sequence: Int64)?, descending: Bool, limit: Int
    ) throws -> [StoredLogStream] {
        let first: (last: Int64, sequence: Int64) = descending ? (.max, .max) : (.min, .min)
        let place = after ?? first
        let (order, compare) = descending ? ("DESC", "<") : ("ASC", ">")
        return try rows(
            """
            SELECT * FROM log_streams WHERE log_group = ? AND (last, sequence) \(compare) (?, ?)
            ORDER BY last \(order), sequence \(order) LIMIT ?
            """, [group, place.last, place.sequence, limit]
        ).map { StoredLogStream($0) }
    }

    /// Streams of a group that may hold events between two times, by start.
    ///
    /// - Parameters:
    ///   - from: nothing that ended before this, in milliseconds since 1970.
    ///   - until: nothing that started after this.
    ///   - after: nothing up to this place (`created`, `sequence`).
    public func logStreams(
        group: String, prefix: String, from: Int64, until: Int64, after: (created: Int64, sequence: Int64)?, limit: Int
    ) throws -> [StoredLogStream] {
        let start = try earliestStart(group: group, from: from)
        let place: (created: Int64, sequence: Int64) = after.map { $0.created >= start ? $0 : (start, 0) } ?? (start, 0)
        return try rows(
            """
            SELECT * FROM log_streams INDEXED BY log_streams_by_start
            WHERE log_group = ? AND (created, sequence) > (?, ?) AND created <= ? AND (ended IS NULL OR ended >= ?)
                AND name >= ? AND name < ?
            ORDER BY created, sequence LIMIT ?
            """, [group, place.created, place.sequence, until, from, prefix, prefix + "\u{10FFFF}", limit]
        ).map { StoredLogStream($0) }
    }

    /// No stream that began earlier was open at `from` or later.
    private func earliestStart(group: String, from: Int64) throws -> Int64 {
        let longest: Int64 = try row("SELECT longest FROM log_groups WHERE name = ?", [group])?[0] ?? 0
        let open: Int64? = try row(
            "SELECT min(created) FROM log_streams INDEXED BY log_streams_open WHERE log_group = ? AND ended IS NULL",
            [group])?[0]
        return max(0, min(from - longest, open ?? .max))
    }
}

extension StoreWriter {
    /// Makes sure that a group is there.
    public func ensureLogGroup(_ name: String, now: Int64) throws {
        try execute("INSERT INTO log_groups (name, created) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", [name, now])
    }

    /// Keeps a new stream.
    public func addLogStream(_ stream: StoredLogStream) throws {
        try execute(
            """
            INSERT INTO log_streams (log_group, name, task, container, path, created, last)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [stream.group, stream.name, stream.task, stream.container, stream.path, stream.created, stream.created])
    }

    /// Says of a stream that its file is complete.
    public func endLogStream(_ stream: StoredLogStream, ended: Int64, last: Int64, bytes: Int64) throws {
        try execute(
            "UPDATE log_streams SET ended = ?, last = ?, bytes = ? WHERE sequence = ?",
            [ended, last, bytes, stream.sequence])
        try execute(
            "UPDATE log_groups SET bytes = bytes + ?, longest = max(longest, ?) WHERE name = ?",
            [bytes, ended - stream.created, stream.group])
    }

    /// Forgets the streams of a task; their files are the caller's to remove.
    public func removeLogStreams(task: String) throws {
        for stream in try reader.logStreams(task: task) {
            try execute("UPDATE log_groups SET bytes = bytes - ? WHERE name = ?", [stream.bytes, stream.group])
        }
        try execute("DELETE FROM log_streams WHERE task = ?", [task])
    }
}
