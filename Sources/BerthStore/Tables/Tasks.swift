import BerthModel
import Foundation
import GRDB

/// A task as the store keeps it.
public struct StoredTask: Equatable, Sendable {
    /// As the API tells it.
    public var task: ECSTask
    /// Berth's own part: how it is launched and what it used. The engine's business; not read here.
    public var launch: Data
    public init(task: ECSTask, launch: Data) {
        self.task = task
        self.launch = launch
    }
}

/// A task's row, laid out for a transaction: its JSON is made by whoever writes it, and not by the one thread that all
/// writes share.
public struct TaskRow: Sendable {
    let task: ECSTask
    let document: Data
    let launch: Data

    /// Makes the row's JSON; the caller's thread pays for it.
    public init(_ stored: StoredTask) throws {
        task = stored.task
        document = try Document.encode(stored.task)
        launch = stored.launch
    }
}

/// Which tasks a list is of.
public struct TaskFilter: Equatable, Sendable {
    /// The cluster's name.
    public var cluster: String
    /// What the task should be.
    public var desired: TaskStatus
    /// Nil for any; so are the two below.
    public var family: String?
    public var startedBy: String?
    public var launchType: String?
    public init(
        cluster: String, desired: TaskStatus, family: String? = nil, startedBy: String? = nil, launchType: String? = nil
    ) {
        self.cluster = cluster
        self.desired = desired
        self.family = family
        self.startedBy = startedBy
        self.launchType = launchType
    }
}

extension StoreReader {
    /// The task of an id.
    public func task(_ id: String) throws -> StoredTask? {
        try row("SELECT document, launch FROM tasks WHERE id = ?", [id]).map(stored)
    }

    /// All tasks that have not stopped, oldest first: what a start has to take care of.
    public func liveTasks() throws -> [StoredTask] {
        try rows("SELECT document, launch FROM tasks WHERE stopped IS NULL ORDER BY sequence").map(stored)
    }

    /// One page of ids, newest first, each with the cursor of the page that begins after it.
    public func taskIDs(_ filter: TaskFilter, before: Int64?, limit: Int) throws -> [(id: String, cursor: Int64)] {
        var conditions = ["cluster = :cluster", "desired = :desired", "sequence < :before"]
        var arguments: [String: (any DatabaseValueConvertible)?] = [
            "cluster": filter.cluster, "desired": filter.desired.rawValue, "before": before ?? Int64.max,
            "limit": limit,
        ]
        // The planner has no statistics; the rarest condition is known: who started it, then the family.
        var index = "tasks_by_cluster"
        if let family = filter.family {
            index = "tasks_by_family"
            conditions.append("family = :family")
            arguments["family"] = family
        }
        if let startedBy = filter.startedBy {
            index = "tasks_by_starter"
            conditions.append("started_by = :startedBy AND started_by IS NOT NULL")
            arguments["startedBy"] = startedBy
        }
        if let launchType = filter.launchType {
            conditions.append("launch_type = :launchType")
            arguments["launchType"] = launchType
        }
        return try rows(
            """
            SELECT id, sequence FROM tasks INDEXED BY \(index)
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY sequence DESC LIMIT :limit
            """, StatementArguments(arguments)
        ).map { ($0[0], $0[1]) }
    }

    /// Tasks whose id begins with `prefix`, newest first.
    public func tasks(prefix: String, limit: Int) throws -> [StoredTask] {
        if prefix.isEmpty {
            return try rows("SELECT document, launch FROM tasks ORDER BY sequence DESC LIMIT ?", [limit]).map(stored)
        }
        // Ids are hexadecimal, so nothing that begins with the prefix sorts after prefix + "g".
        return try rows(
            "SELECT document, launch FROM tasks WHERE id >= ? AND id < ? ORDER BY sequence DESC LIMIT ?",
            [prefix, prefix + "g", limit]
        ).map(stored)
    }

    /// One page of all tasks, newest first, each with the cursor of the page that begins after it.
    public func tasks(before: Int64?, limit: Int) throws -> [(task: StoredTask, cursor: Int64)] {
        try rows(
            "SELECT document, launch, sequence FROM tasks WHERE sequence < ? ORDER BY sequence DESC LIMIT ?",
            [before ?? .max, limit]
        ).map { (try stored($0), $0[2]) }
    }

    /// Ids of tasks that stopped before a time, in milliseconds since 1970, oldest first.
    public func tasksStopped(before time: Int64, limit: Int) throws -> [String] {
        try rows("SELECT id FROM tasks WHERE stopped < ? ORDER BY stopped LIMIT ?", [time, limit]).map { $0[0] }
    }

    private func stored(_ row: Row) throws -> StoredTask {
        StoredTask(task: try Document.decode(ECSTask.self, row[0]), launch: row[1])
    }
}

extension StoreWriter {
    /// Keeps a new task.
    public func addTask(_ stored: StoredTask, cluster: String, family: String) throws {
        try addTask(TaskRow(stored), cluster: cluster, family: family)
    }

    /// Keeps a new task.
    public func addTask(_ row: TaskRow, cluster: String, family: String) throws {
        let task = row.task
        try execute(
            """
            INSERT INTO tasks
                (id, cluster, family, status, desired, version, launch_type, started_by, created, stopped, document,
                launch)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                task.id, cluster, family, task.lastStatus.rawValue, task.desiredStatus.rawValue, task.version,
                task.launchType, task.startedBy, task.createdAt.milliseconds, task.stoppedAt?.milliseconds,
                row.document, row.launch,
            ])
    }

    /// Writes a task's new state, unless the store has a later one or has it STOPPED already: that is never
    /// overwritten.
    ///
    /// - Returns: whether it was written.
    @discardableResult
    public func updateTask(_ stored: StoredTask) throws -> Bool { try updateTask(TaskRow(stored)) }

    /// The same for a row that is laid out.
    @discardableResult
    public func updateTask(_ row: TaskRow) throws -> Bool {
        let task = row.task
        try execute(
            """
            UPDATE tasks SET status = ?, desired = ?, version = ?, stopped = ?, document = ?, launch = ?
            WHERE id = ? AND stopped IS NULL AND version <= ?
            """,
            [
                task.lastStatus.rawValue, task.desiredStatus.rawValue, task.version,
                task.lastStatus == .stopped ? (task.stoppedAt ?? Date()).milliseconds : nil, row.document,
                row.launch, task.id, task.version,
            ])
        return database.changesCount > 0
    }

    /// Forgets tasks; what they cost stays in the ledger.
    public func removeTasks(_ ids: [String]) throws {
        for id in ids { try execute("DELETE FROM tasks WHERE id = ?", [id]) }
    }
}

extension Date {
    /// Whole milliseconds since 1970.
    public var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded(.down)) }
}
