import BerthUnpack
import GRDB
import Glibc

/// What the image store knows, as rows: SQLite in write-ahead mode, one file beside the blobs and layers.
///
/// All calls block, so they belong on threads that may; none may be made from within the body of another.
public final class ImageDatabase: Sendable {
    /// The database's file.
    public let path: String
    private let pool: DatabasePool
    private let durability: ImageStore.Durability

    /// Opens the database, makes it if there is none, and brings it to this version's schema.
    ///
    /// - Throws: ``ImageError/Code/storage`` for a file that is damaged or not ours, ``ImageError/Code/noSpace``.
    init(path: String, durability: ImageStore.Durability) throws(ImageError) {
        self.path = path
        self.durability = durability
        do {
            pool = try DatabasePool(path: path, configuration: Self.configuration)
            if durability == .powerLoss {
                // Not with the connection's other settings: GRDB asks for NORMAL after them, when it sets write-ahead mode.
                try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            }
            try ImageSchema.migrator.migrate(pool)
        } catch {
            throw ImageError(database: error, "open", path)
        }
    }

    /// Runs `body` in a transaction of the one writer, and returns when it is committed: on the disk, if the store's
    /// durability asks for that.
    ///
    /// - Throws: what `body` throws, and then nothing of it is written; SQLite's own errors as ``ImageError``.
    public func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try pool.write(body) } catch let error as DatabaseError {
            throw ImageError(database: error, "write to", path)
        }
    }

    /// Runs `body` on one consistent state; never waits for the writer.
    ///
    /// - Throws: what `body` throws; SQLite's own errors as ``ImageError``.
    public func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try pool.read(body) } catch let error as DatabaseError {
            throw ImageError(database: error, "read", path)
        }
    }

    /// ``write(_:)`` for bodies that fail with SQLite's errors or an ``ImageError`` only.
    func change<Value>(_ body: (Database) throws -> Value) throws(ImageError) -> Value {
        do { return try write(body) } catch { throw ImageError(database: error, "write to", path) }
    }

    /// ``change(_:)`` that waits for no disk: what is written survives the end of the process, and that of the machine
    /// once a later ``change(_:)`` has returned. For rows of what is not on the disk yet either.
    func changeSoon<Value>(_ body: (Database) throws -> Value) throws(ImageError) -> Value {
        guard durability == .powerLoss else { return try change(body) }
        do {
            return try pool.writeWithoutTransaction { database in
                // Only the writer's connection is told, and only between transactions.
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
                let result = Result { try Self.transaction(database, body) }
                try database.execute(sql: "PRAGMA synchronous = FULL")
                return try result.get()
            }
        } catch {
            throw ImageError(database: error, "write to", path)
        }
    }

    private static func transaction<Value>(_ database: Database, _ body: (Database) throws -> Value) throws -> Value {
        try database.beginTransaction(.immediate)
        do {
            let value = try body(database)
            try database.commit()
            return value
        } catch {
            // SQLite has rolled back by itself after some errors.
            if database.isInsideTransaction { try? database.rollback() }
            throw error
        }
    }

    /// ``read(_:)`` for bodies that fail with SQLite's errors or an ``ImageError`` only.
    func query<Value>(_ body: (Database) throws -> Value) throws(ImageError) -> Value {
        do { return try read(body) } catch { throw ImageError(database: error, "read", path) }
    }

    /// Brings tables of others to their version. Names of migrations are the whole database's: begin them with your own.
    public func migrate(_ migrator: DatabaseMigrator) throws(ImageError) {
        do { try migrator.migrate(pool) } catch { throw ImageError(database: error, "migrate", path) }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "berth-images"
        configuration.foreignKeysEnabled = true
        // The store is one process's; a backup or a person with sqlite3 may share the file for moments.
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 2
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA cache_size = -2048")  // 2 MiB a connection
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return configuration
    }
}

extension ImageError {
    /// Any error that came out of the database.
    init(database error: any Error, _ operation: String, _ path: String) {
        switch error {
        case let error as ImageError: self = error
        case let error as DatabaseError:
            let detail = error.message ?? "\(error.resultCode)"
            switch error.resultCode {
            case .SQLITE_FULL,
                .SQLITE_IOERR where FullDisk.isFull(beside: path),
                .SQLITE_CANTOPEN where FullDisk.isFull(beside: path):
                self.init(.noSpace, "cannot \(operation) \(path): no space left on device")
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                self.init(
                    .storage,
                    "cannot \(operation) \(path): the database is damaged (\(detail)); move the whole image store away, "
                        + "start again and pull or import the images anew")
            default: self.init(.storage, "cannot \(operation) \(path): \(detail)")
            }
        default: self.init(.storage, "cannot \(operation) \(path): \(error)")
        }
    }
}

/// The time rows carry.
enum Now {
    /// Milliseconds since 1970.
    static var milliseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
