import BerthOCI
import BerthUnpack
import Foundation
import GRDB
import Synchronization

/// The registry inside: repositories, their blobs and manifests, over the image store.
///
/// Blobs lie in the store's ``BlobStore``, once however many repositories have them; a repository's rows say which it
/// has, and one sees no other's. Calls block: run them on threads of their own.
public final class Repositories: Sendable {
    let store: ImageStore
    let uploads = Mutex<[String: OpenUpload]>([:])
    /// When ``tidy()`` last ran.
    let lastTidy = Mutex<Int64?>(nil)
    /// Milliseconds since 1970.
    let now: @Sendable () -> Int64
    /// Called, outside of any transaction, when a manifest got a tag or came by its digest.
    let pushed = Mutex<(@Sendable (RepositoryName, Digest) -> Void)?>(nil)

    /// Whether a push makes the repository that it names. ECR does not, and so neither does Berth by default.
    public let createsOnPush: Bool

    /// Takes up what an earlier process left: uploads may go on, those too old are dropped.
    public init(
        store: ImageStore, createsOnPush: Bool = false,
        now: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
    ) throws(RepositoryError) {
        self.store = store
        self.createsOnPush = createsOnPush
        self.now = now
        try storing { () throws(ImageError) in try store.database.migrate(RepositorySchema.migrator) }
        store.addRoots { try RepositorySchema.repositoryRoots(in: $0) }
        try tidy()
    }

    // MARK: Repositories

    /// Makes a repository.
    ///
    /// - Throws: ``RepositoryError/repositoryExists(_:)``.
    public func create(
        _ name: RepositoryName, settings: RepositorySettings = RepositorySettings(), labels: [String: String] = [:]
    ) throws(RepositoryError) -> Repository {
        let repository = Repository(name: name, created: now(), settings: settings, labels: labels)
        try write { database in
            if try Self.find(name, in: database) != nil { throw RepositoryError.repositoryExists(name) }
            try Self.insert(repository, in: database)
        }
        return repository
    }

    /// - Throws: ``RepositoryError/repositoryUnknown(_:)``.
    public func repository(_ name: RepositoryName) throws(RepositoryError) -> Repository {
        try read { try Self.found(name, in: $0).repository }
    }

    /// Repositories in alphabetical order, those after `after`.
    public func repositories(after: String?, limit: Int) throws(RepositoryError) -> [Repository] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM repository WHERE name > ? ORDER BY name LIMIT ?",
                arguments: [after ?? "", limit]
            ).map { try Self.repository(of: $0) }
        }
    }

    /// Changes settings or labels.
    ///
    /// - Returns: the repository as it then is.
    public func change(
        _ name: RepositoryName, _ body: (inout Repository) -> Void
    ) throws(RepositoryError) -> Repository {
        try write { database in
            var (id, repository) = try Self.found(name, in: database)
            body(&repository)
            try database.execute(
                sql: "UPDATE repository SET settings = ?, labels = ? WHERE id = ?",
                arguments: [
                    try JSONEncoder().encode(repository.settings), try JSONEncoder().encode(repository.labels), id,
                ])
            return repository
        }
    }

    /// Removes a repository with all it has.
    ///
    /// - Throws: ``RepositoryError/repositoryNotEmpty(_:)`` unless `force`.
    public func delete(_ name: RepositoryName, force: Bool) throws(RepositoryError) -> Repository {
        let (repository, uploads) = try write { database in
            let (id, repository) = try Self.found(name, in: database)
            let isEmpty =
                try Row.fetchOne(
                    database, sql: "SELECT 1 FROM repository_manifest WHERE repository = ? LIMIT 1", arguments: [id])
                == nil
            guard isEmpty || force else { throw RepositoryError.repositoryNotEmpty(name) }
            let uploads = try String.fetchAll(
                database, sql: "SELECT id FROM upload WHERE repository = ?", arguments: [id])
            try database.execute(sql: "DELETE FROM repository WHERE id = ?", arguments: [id])
            return (repository, uploads)
        }
        for upload in uploads { discardUpload(upload) }
        return repository
    }

    // MARK: Rows

    /// The repository of a name with its row's id.
    static func found(_ name: RepositoryName, in database: Database) throws -> (id: Int64, repository: Repository) {
        guard let found = try find(name, in: database) else { throw RepositoryError.repositoryUnknown(name) }
        return found
    }

    /// As ``found(_:in:)``, but what a push may make is made.
    func foundOrMade(_ name: RepositoryName, in database: Database) throws -> (id: Int64, repository: Repository) {
        if let found = try Self.find(name, in: database) { return found }
        guard createsOnPush else { throw RepositoryError.repositoryUnknown(name) }
        try Self.insert(
            Repository(name: name, created: now(), settings: RepositorySettings(), labels: [:]), in: database)
        return try Self.found(name, in: database)
    }

    private static func find(_ name: RepositoryName, in database: Database) throws -> (
        id: Int64, repository: Repository
    )? {
        guard
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM repository WHERE name = ?", arguments: [name.description])
        else { return nil }
        return (row["id"], try repository(of: row))
    }

    private static func insert(_ repository: Repository, in database: Database) throws {
        try database.execute(
            sql: "INSERT INTO repository (name, created, settings, labels) VALUES (?, ?, ?, ?)",
            arguments: [
                repository.name.description, repository.created, try JSONEncoder().encode(repository.settings),
                try JSONEncoder().encode(repository.labels),
            ])
    }

    private static func repository(of row: Row) throws -> Repository {
        Repository(
            name: RepositoryName(stored: row["name"]), created: row["created"],
            settings: try JSONDecoder().decode(RepositorySettings.self, from: row["settings"]),
            labels: try JSONDecoder().decode([String: String].self, from: row["labels"]))
    }

    // MARK: Transactions

    /// Runs `body` on one consistent state of the database.
    func read<Value>(_ body: (Database) throws -> Value) throws(RepositoryError) -> Value {
        do { return try store.database.read(body) } catch { throw RepositoryError(error) }
    }

    /// Runs `body` in a transaction; nothing of it is written when it throws.
    func write<Value>(_ body: (Database) throws -> Value) throws(RepositoryError) -> Value {
        do { return try store.database.write(body) } catch { throw RepositoryError(error) }
    }

    /// Runs a body of the store's calls.
    func storing<Value>(_ body: () throws(ImageError) -> Value) throws(RepositoryError) -> Value {
        do { return try body() } catch { throw .storage(FullDisk.explain(error, path: store.root)) }
    }
}

extension RepositoryError {
    fileprivate init(_ error: any Error) {
        switch error {
        case let error as RepositoryError: self = error
        case let error as ImageError: self = .storage(error)
        case let error as DatabaseError where error.resultCode == .SQLITE_FULL:
            self = .storage(ImageError(.noSpace, "the image store's database cannot be written: its disk is full"))
        default: self = .storage(ImageError(.storage, "the image store's database failed: \(error)"))
        }
    }
}
