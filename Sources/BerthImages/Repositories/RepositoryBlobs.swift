import BerthLinux
import BerthOCI
import BerthUnpack
import GRDB
import Glibc

/// A blob of a repository, open: it can be read as long as the value lives, whatever is deleted meanwhile.
public struct KeptBlob: Sendable {
    let region: Region
    /// Bytes it has.
    public var length: Int64 { region.length }

    /// Some of its bytes.
    ///
    /// - Parameter range: within the blob.
    public func bytes(in range: Range<Int64>) throws(ImageError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        let stream = RegionStream(
            Region(
                file: region.file, offset: region.offset + range.lowerBound, length: Int64(range.count),
                name: region.name), cancellation: Cancellation(), bufferSize: range.count)
        while true {
            let piece = try stream.next()
            if piece.isEmpty { return bytes }
            bytes.append(contentsOf: piece)
        }
    }
}

extension Repositories {
    /// A blob that a repository has.
    ///
    /// - Throws: ``RepositoryError/blobUnknown(_:)``, also when it lies in the store for another repository.
    public func blob(_ digest: Digest, in name: RepositoryName) throws(RepositoryError) -> KeptBlob {
        try read { database in
            let (id, _) = try Self.found(name, in: database)
            guard try Self.has(digest, repository: id, in: database) else { throw RepositoryError.blobUnknown(digest) }
        }
        guard let region = try storing({ () throws(ImageError) in try store.blobs.blob(digest) }) else {
            throw .blobUnknown(digest)
        }
        return KeptBlob(region: region)
    }

    /// ``blob(_:in:)`` for a client that asks before it pushes: the answer holds for as long as a push may take.
    public func claimBlob(_ digest: Digest, in name: RepositoryName) throws(RepositoryError) -> KeptBlob {
        let blob = try blob(digest, in: name)
        let time = now()
        try write { database in
            let (id, _) = try Self.found(name, in: database)
            try database.execute(
                sql: "UPDATE repository_blob SET touched = ? WHERE repository = ? AND digest = ?",
                arguments: [time, id, digest.description])
        }
        return blob
    }

    /// Gives a repository a blob that another one has, without its bytes.
    ///
    /// - Parameter source: nil asks all repositories, which one account owns.
    /// - Returns: false if the source has it not.
    public func mount(
        _ digest: Digest, from source: RepositoryName?, into name: RepositoryName
    ) throws(RepositoryError) -> Bool {
        let time = now()
        return try write { database in
            let (id, _) = try foundOrMade(name, in: database)
            let size: Int64?
            if let source {
                guard let (from, _) = try? Self.found(source, in: database) else { return false }
                size = try Int64.fetchOne(
                    database, sql: "SELECT size FROM repository_blob WHERE repository = ? AND digest = ?",
                    arguments: [from, digest.description])
            } else {
                size = try Int64.fetchOne(
                    database, sql: "SELECT size FROM repository_blob WHERE digest = ? LIMIT 1",
                    arguments: [digest.description])
            }
            guard let size, try Self.isStored(digest, in: database) else { return false }
            try Self.add(digest, size: size, repository: id, time: time, in: database)
            return true
        }
    }

    /// Takes a blob from a repository; its bytes go when nobody has it any more.
    ///
    /// - Throws: ``RepositoryError/blobUnknown(_:)``, ``RepositoryError/blobInUse(_:)``.
    public func deleteBlob(_ digest: Digest, in name: RepositoryName) throws(RepositoryError) {
        try write { database in
            let (id, _) = try Self.found(name, in: database)
            guard try Self.has(digest, repository: id, in: database) else { throw RepositoryError.blobUnknown(digest) }
            let isNeeded =
                try Row.fetchOne(
                    database, sql: "SELECT 1 FROM repository_part WHERE repository = ? AND part = ? LIMIT 1",
                    arguments: [id, digest.description]) != nil
            if isNeeded { throw RepositoryError.blobInUse(digest) }
            try database.execute(
                sql: "DELETE FROM repository_blob WHERE repository = ? AND digest = ?",
                arguments: [id, digest.description])
        }
    }

    /// Whether a repository has a blob: a row without the blob's own is a push that broke off at its very end.
    static func has(_ digest: Digest, repository id: Int64, in database: Database) throws -> Bool {
        guard try isStored(digest, in: database) else { return false }
        return try Row.fetchOne(
            database, sql: "SELECT 1 FROM repository_blob WHERE repository = ? AND digest = ?",
            arguments: [id, digest.description]) != nil
    }

    /// Whether the store has the bytes. Asked within a transaction that then claims them, so that no collection comes
    /// between.
    static func isStored(_ digest: Digest, in database: Database) throws -> Bool {
        try Row.fetchOne(database, sql: "SELECT 1 FROM blob WHERE digest = ?", arguments: [digest.hex]) != nil
    }

    static func add(_ digest: Digest, size: Int64, repository id: Int64, time: Int64, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO repository_blob (repository, digest, size, touched) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET touched = excluded.touched
                """,
            arguments: [id, digest.description, size, time])
    }

    /// For how long a blob that no manifest needs yet is kept for the push that brought it, in milliseconds.
    static let claim: Int64 = 24 * 3_600_000

    /// How often blobs and uploads that nobody needs are looked for, in milliseconds.
    private static let tidyInterval: Int64 = 600_000

    /// Drops blobs that no manifest needs and no push claims, and uploads that nobody goes on with; not more often than
    /// is worth it.
    func tidy() throws(RepositoryError) {
        let time = now()
        let isDue = lastTidy.withLock { last in
            guard last.map({ time - $0 >= Self.tidyInterval }) ?? true else { return false }
            last = time
            return true
        }
        guard isDue else { return }
        // One chunk may take longer than an upload may lie idle.
        let busy = uploads.withLock { $0.filter(\.value.isBusy).map(\.key) }
        let stale = try write { database in
            try database.execute(
                sql: """
                    DELETE FROM repository_blob WHERE touched < ? AND NOT EXISTS (
                        SELECT 1 FROM repository_part
                        WHERE part = repository_blob.digest AND repository = repository_blob.repository)
                    """,
                arguments: [time - Self.claim])
            let stale = try String.fetchAll(
                database, sql: "SELECT id FROM upload WHERE touched < ?", arguments: [time - Self.uploadPatience]
            ).filter { !busy.contains($0) }
            for id in stale { try database.execute(sql: "DELETE FROM upload WHERE id = ?", arguments: [id]) }
            return stale
        }
        for id in stale { discardUpload(id) }
    }
}
