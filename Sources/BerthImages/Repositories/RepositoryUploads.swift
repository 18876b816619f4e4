import BerthOCI
import BerthUnpack
import Foundation
import GRDB

/// A blob that is being pushed.
public struct Upload: Equatable, Sendable {
    /// 32 hexadecimal digits.
    public var id: String
    /// Bytes that have come so far.
    public var length: Int64
}

/// An upload of this process: its writer, open, so that the next chunk need not hash again what came before.
struct OpenUpload: Sendable {
    var repository: RepositoryName
    var writer: BlobWriter
    /// Whether a request writes to it.
    var isBusy: Bool
    /// Milliseconds since 1970.
    var touched: Int64
}

extension Repositories {
    /// For how long an upload without a request stays, in milliseconds.
    static let uploadPatience: Int64 = 3_600_000
    /// Uploads that may lie open between two requests; of more, the longest idle are closed and opened again when
    /// their next chunk comes.
    static let mostOpenUploads = 64

    /// Begins an upload.
    ///
    /// - Throws: ``RepositoryError/repositoryUnknown(_:)``.
    public func beginUpload(in name: RepositoryName) throws(RepositoryError) -> UploadLease {
        try tidy()
        let id = UUID().uuidString.lowercased().filter { $0 != "-" }
        let time = now()
        try write { database in
            let (repository, _) = try foundOrMade(name, in: database)
            try database.execute(
                sql: "INSERT INTO upload (id, repository, touched) VALUES (?, ?, ?)", arguments: [id, repository, time])
        }
        let writer = try storing { () throws(ImageError) in try store.blobs.beginUpload(id) }
        uploads.withLock {
            $0[id] = OpenUpload(repository: name, writer: writer, isBusy: true, touched: time)
        }
        closeIdle()
        return UploadLease(id: id, repository: name, writer: writer, owner: self)
    }

    /// Takes an upload for one request; end the lease by one of its methods.
    ///
    /// - Throws: ``RepositoryError/uploadUnknown(_:)``, ``RepositoryError/uploadBusy(_:)``.
    public func upload(_ id: String, in name: RepositoryName) throws(RepositoryError) -> UploadLease {
        try checkKnown(id, in: name)
        let time = now()
        let taken: Result<BlobWriter?, RepositoryError> = uploads.withLock { uploads in
            guard let open = uploads[id] else { return .success(nil) }
            if open.isBusy { return .failure(.uploadBusy(id)) }
            uploads[id]?.isBusy = true
            uploads[id]?.touched = time
            return .success(open.writer)
        }
        if let writer = try taken.get() { return UploadLease(id: id, repository: name, writer: writer, owner: self) }
        guard let writer = try storing({ () throws(ImageError) in try store.blobs.resumeUpload(id) }) else {
            throw .uploadUnknown(id)
        }
        // Two requests may have opened it at the same time after a restart; one of them goes on.
        let isFirst = uploads.withLock { uploads in
            guard uploads[id] == nil else { return false }
            uploads[id] = OpenUpload(repository: name, writer: writer, isBusy: true, touched: time)
            return true
        }
        guard isFirst else { throw .uploadBusy(id) }
        return UploadLease(id: id, repository: name, writer: writer, owner: self)
    }

    /// How far an upload is, also while a request writes to it.
    public func progress(of id: String, in name: RepositoryName) throws(RepositoryError) -> Upload {
        try checkKnown(id, in: name)
        if let open = uploads.withLock({ $0[id] }) { return Upload(id: id, length: open.writer.length) }
        let lease = try upload(id, in: name)
        try lease.release()
        return Upload(id: id, length: lease.length)
    }

    private func checkKnown(_ id: String, in name: RepositoryName) throws(RepositoryError) {
        let isKnown = try read { database in
            let (repository, _) = try Self.found(name, in: database)
            return try Row.fetchOne(
                database, sql: "SELECT 1 FROM upload WHERE id = ? AND repository = ?", arguments: [id, repository])
                != nil
        }
        guard isKnown else { throw .uploadUnknown(id) }
    }

    /// Forgets an upload and its bytes.
    func discardUpload(_ id: String) {
        let open = uploads.withLock { $0.removeValue(forKey: id) }
        if let open {
            open.writer.abandon(keepingPartial: false)
        } else if let left = try? store.blobs.resumeUpload(id) {
            left.abandon(keepingPartial: false)
        }
    }

    private func closeIdle() {
        let closed = uploads.withLock { uploads in
            let idle = uploads.filter { !$0.value.isBusy }.sorted { $0.value.touched < $1.value.touched }
            let surplus = idle.prefix(max(0, uploads.count - Self.mostOpenUploads))
            for (id, _) in surplus { uploads.removeValue(forKey: id) }
            return surplus.map(\.value.writer)
        }
        for writer in closed { writer.abandon(keepingPartial: true) }
    }
}

/// An upload in the hands of one request.
public final class UploadLease: Sendable {
    /// 32 hexadecimal digits, by which a client goes on with it.
    public let id: String
    /// Which will have the blob.
    public let repository: RepositoryName
    private let writer: BlobWriter
    private let owner: Repositories

    init(id: String, repository: RepositoryName, writer: BlobWriter, owner: Repositories) {
        self.id = id
        self.repository = repository
        self.writer = writer
        self.owner = owner
    }

    /// Bytes that have come so far.
    public var length: Int64 { writer.length }

    /// What a client is told of it.
    public var upload: Upload { Upload(id: id, length: length) }

    /// Writes the next bytes. When that fails the upload is gone, for its file may hold half of them.
    public func append(_ bytes: UnsafeRawBufferPointer) throws(RepositoryError) {
        do throws(ImageError) {
            try writer.append(bytes)
        } catch {
            abandon()
            throw .storage(error)
        }
    }

    /// Whether its repository has a blob already.
    public func owns(_ digest: Digest) throws(RepositoryError) -> Bool {
        try owner.read { [repository] database in
            try Repositories.has(
                digest, repository: try Repositories.found(repository, in: database).id, in: database)
        }
    }

    /// Lets the next request have the upload.
    public func release() throws(RepositoryError) {
        let time = owner.now()
        owner.uploads.withLock {
            $0[id]?.isBusy = false
            $0[id]?.touched = time
        }
        try owner.write { [id] database in
            try database.execute(sql: "UPDATE upload SET touched = ? WHERE id = ?", arguments: [time, id])
        }
    }

    /// Makes the upload a blob of its repository; the upload is then gone, also when its digest is another.
    ///
    /// - Throws: ``RepositoryError/digestMismatch(_:)``, ``RepositoryError/storage(_:)``.
    public func finish(_ digest: Digest) throws(RepositoryError) {
        let size = writer.length
        let time = owner.now()
        do throws(ImageError) {
            // Who has not the bytes must not have the claim either: the store may hold that blob for others.
            try writer.verify(digest)
        } catch {
            abandon()
            throw error.code == .digestMismatch ? .digestMismatch(error.message) : .storage(error)
        }
        do throws(RepositoryError) {
            // The repository claims the blob before it is in the store: garbage collection can then never come between.
            try owner.write { [owner, repository] database in
                let (row, _) = try owner.foundOrMade(repository, in: database)
                try Repositories.add(digest, size: size, repository: row, time: time, in: database)
            }
        } catch {
            abandon()
            throw error
        }
        do throws(ImageError) {
            try writer.finish(digest, size: nil)
        } catch {
            abandon()
            throw .storage(error)
        }
        _ = owner.uploads.withLock { $0.removeValue(forKey: id) }
        try owner.write { [id] database in
            try database.execute(sql: "DELETE FROM upload WHERE id = ?", arguments: [id])
        }
    }

    /// Forgets the upload and its bytes.
    public func abandon() {
        owner.discardUpload(id)
        try? owner.write { [id] database in
            try database.execute(sql: "DELETE FROM upload WHERE id = ?", arguments: [id])
        }
    }
}
