import BerthLinux
import BerthModel
import BerthTrace
import Foundation
import GRDB

/// The embedded database: SQLite in write-ahead mode, every answered write durable (`synchronous=FULL`).
///
/// One writer coalesces concurrent writes into one commit; readers see a consistent state and never wait for it.
public final class Store: Sendable {
    /// The database's file.
    public let path: String
    private let pool: DatabasePool
    private let commits: GroupCommit

    /// Opens the database at `path`, makes it if there is none, migrates it to this version's schema, and checks it.
    ///
    /// - Parameter tracer: told how long transactions take.
    public convenience init(path: String, tracer: Tracer? = nil) throws(StoreError) {
        try self.init(path: path, checkpoints: Checkpointer.Intervals(), tracer: tracer)
    }

    init(path: String, checkpoints: Checkpointer.Intervals, tracer: Tracer? = nil) throws(StoreError) {
        self.path = path
        do {
            pool = try DatabasePool(path: path, configuration: Self.configuration)
            // Not with the connection's other settings: GRDB asks for NORMAL after them, when it sets write-ahead mode.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try Self.checkIdentity(pool)
            try Schema.migrator.migrate(pool)
            try Self.checkIntegrity(pool, path: path)
            LogLength.fillUp(database: path)
            let checkpointer = try Checkpointer(
                path: path, configuration: Self.configuration, intervals: checkpoints)
            commits = try GroupCommit(pool: pool, checkpointer: checkpointer, tracer: tracer)
        } catch {
            throw StoreError("open", path, error)
        }
    }

    /// Runs `body` in a transaction and returns once it is on disk.
    ///
    /// - Parameter trails: of the tasks that wait for it.
    /// - Throws: what `body` throws, and then nothing of it is written; or a ``StoreError``.
    public func write<Value: Sendable>(
        for trails: [TaskTrail] = [], _ body: @escaping @Sendable (StoreWriter) throws -> Value
    ) async throws -> Value {
        do {
            return try await commits.write(for: trails) { try body(StoreWriter(database: $0)) }
        } catch let error as DatabaseError {
            throw StoreError("write to", path, error)
        }
    }

    /// Runs `body` on one consistent state of the database.
    public func read<Value: Sendable>(_ body: @escaping @Sendable (StoreReader) throws -> Value) async throws -> Value {
        do {
            return try await pool.read { try body(StoreReader(database: $0)) }
        } catch let error as DatabaseError {
            throw StoreError("read", path, error)
        }
    }

    /// ``read(_:)`` for a thread that may block.
    public func readNow<Value>(_ body: (StoreReader) throws -> Value) throws -> Value {
        do {
            return try pool.read { try body(StoreReader(database: $0)) }
        } catch let error as DatabaseError {
            throw StoreError("read", path, error)
        }
    }

    /// Reads every page and every index; minutes for a large database.
    public func verify() async throws {
        try await read { reader in
            let found = try String.fetchAll(reader.database, sql: "PRAGMA integrity_check(10)")
            if found != ["ok"] {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: found.joined(separator: "; "))
            }
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "berth-store"
        configuration.foreignKeysEnabled = true
        // Only `berth` tools and backups share the file, and only for moments; on a disk that stands still they last.
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { database in
            // The checkpointer does it, beside the writer.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 0")
            // INSERT OR REPLACE deletes; only with this does a trigger see it.
            try database.execute(sql: "PRAGMA recursive_triggers = ON")
            try database.execute(sql: "PRAGMA cache_size = -8192")  // 8 MiB a connection
            // What a statement may have to undo: else a file of its own in /var/tmp, made and removed for one task in two.
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    /// "BRTH", so that file(1) and we can tell whose database it is.
    static let applicationID = 0x4252_5448

    private static func checkIdentity(_ pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { database in
            let id = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
            if id == applicationID { return }
            let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
            if tables != 0 { throw DatabaseError(resultCode: .SQLITE_NOTADB, message: "it belongs to another program") }
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
        }
    }

    /// The largest file that is read as a whole at every start: more would break the promise of a quick start, and
    /// SQLite itself notices damage where it reads. ``verify()`` reads all.
    private static let checkedAtStart = 32 << 20

    private static func checkIntegrity(_ pool: DatabasePool, path: String) throws {
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        if size > checkedAtStart { return }
        let found = try pool.read { try String.fetchAll($0, sql: "PRAGMA quick_check(3)") }
        if found != ["ok"] { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: found.joined(separator: "; ")) }
    }
}

/// One consistent state of the database.
public struct StoreReader {
    let database: Database
}

/// A transaction.
public struct StoreWriter {
    let database: Database

    /// What the transaction sees, its own writes too.
    public var reader: StoreReader { StoreReader(database: database) }
}

extension StoreWriter {
    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
    }
}

extension StoreReader {
    func rows(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> [Row] {
        try Row.fetchAll(database.cachedStatement(sql: sql), arguments: arguments)
    }

    func row(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Row? {
        try Row.fetchOne(database.cachedStatement(sql: sql), arguments: arguments)
    }
}

/// Documents are kept as JSON: readable with any SQLite client, and open to members of later versions.
enum Document {
    private static let decoder = JSONDecoder()

    static func encode(_ value: some Encodable) throws -> Data { try JSONWriter().encode(value) }
    static func decode<Value: Decodable>(_ type: Value.Type, _ data: Data) throws -> Value {
        try decoder.decode(type, from: data)
    }
}
