import BerthLinux
import BerthOCI
import BerthUnpack
import GRDB
import Glibc
import Synchronization

/// Compressed layers, manifests and configurations by what they hash to: `blobs/sha256/<digest>`; what is unfinished
/// lies in `partial/`.
///
/// A blob is here when it has a row and a file. File and row come and go within one transaction of the database's
/// only writer, so neither a reader nor garbage collection ever sees half of it. Who needs a blob to stay holds it by a
/// ``StoreLease`` before asking for it. Calls block.
public final class BlobStore: Sendable {
    let directories: StoreDirectories
    let database: ImageDatabase
    let durability: ImageStore.Durability
    /// Names in `partial/` that a writer works on.
    private let writing = Mutex<Set<String>>([])
    /// When blobs were last asked for, until it is written down.
    private let touched = Mutex<[Digest: Int64]>([:])

    init(directories: StoreDirectories, database: ImageDatabase, durability: ImageStore.Durability) {
        self.directories = directories
        self.database = database
        self.durability = durability
    }

    /// The blob's bytes; nil if it is not here. They can be read as long as the value lives, whatever is collected.
    package func blob(_ digest: Digest) throws(ImageError) -> Region? {
        let size = try database.query {
            try Int64.fetchOne($0, sql: "SELECT size FROM blob WHERE digest = ?", arguments: [digest.hex])
        }
        guard let size,
            let region = try LayoutDirectory(path: path, directory: directories.blobs).file(digest.hex)
        else { return nil }
        guard region.length == size else {
            throw ImageError(
                .sizeMismatch,
                "\(region.name) has \(region.length) bytes and should have \(size): the store's disk is damaged; "
                    + "remove the images that need it, then pull or import them again")
        }
        touched.withLock { $0[digest] = Now.milliseconds }
        return region
    }

    /// The blob's size in bytes; nil if it is not here.
    public func size(_ digest: Digest) throws(ImageError) -> Int64? {
        try database.query {
            try Int64.fetchOne($0, sql: "SELECT size FROM blob WHERE digest = ?", arguments: [digest.hex])
        }
    }

    /// Keeps a small blob, such as a manifest, that is in memory and was verified.
    ///
    /// - Parameter synced: whether it must survive the machine when this returns; otherwise it does once an image that
    ///   needs it is published.
    public func put(_ bytes: [UInt8], as digest: Digest, synced: Bool = false) throws(ImageError) {
        let workspace = try Workspace(staging: directories.staging)
        defer { workspace.remove() }
        let file = SharedDescriptor(try workspace.file("blob"))
        try storing { () throws(LinuxError) in
            try file.descriptor.writeAll(bytes, subject: "blob \(digest)")
            if synced { try sync(file, digest) }
        }
        try place(digest, size: Int64(bytes.count), synced: synced) { () throws(ImageError) in
            try workspace.publish("blob", as: digest.hex, in: directories.blobs.descriptor, replaces: true)
        } takeBack: { () throws(ImageError) in
            try workspace.take(digest.hex, from: directories.blobs.descriptor, as: "blob")
        }
    }

    /// Begins a download, or goes on with an earlier one of the same digest: the writer's length says where.
    ///
    /// - Parameters:
    ///   - size: bytes the whole blob has; more are refused.
    ///   - source: from where the bytes come. What another source sent of the digest is left alone: it may be slow, or
    ///     lie.
    /// - Throws: ``ImageError/Code/inUse`` while another writer works on the digest from the same source.
    public func begin(_ digest: Digest, size: Int64, from source: String? = nil) throws(ImageError) -> BlobWriter {
        let mark = try source.map { source throws(ImageError) in try Documents.digest(of: Array(source.utf8)) }
        let name = digest.hex + (mark.map { "-\($0.hex.prefix(16))" } ?? "")
        return try writer(name, subject: "blob \(digest)", size: size, syncs: false, flags: O_CREAT)
    }

    /// Begins an upload, whose digest is not known yet.
    ///
    /// - Parameter id: 1 to 64 letters, digits and `-`; it becomes part of a file's name.
    /// - Throws: ``ImageError/Code/inUse`` if there is an upload of that id.
    public func beginUpload(_ id: String) throws(ImageError) -> BlobWriter {
        try writer(try Self.uploadName(id), subject: "upload \(id)", size: nil, syncs: true, flags: O_CREAT | O_EXCL)
    }

    /// Goes on with an upload, also after a restart; nil if there is none of that id.
    ///
    /// - Throws: ``ImageError/Code/inUse`` while another writer works on it.
    public func resumeUpload(_ id: String) throws(ImageError) -> BlobWriter? {
        let name = try Self.uploadName(id)
        do throws(ImageError) {
            return try writer(name, subject: "upload \(id)", size: nil, syncs: true, flags: 0)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    private var path: String { "\(directories.path)/blobs/sha256" }

    private static func uploadName(_ id: String) throws(ImageError) -> String {
        let isSafe = id.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || $0 == UInt8(ascii: "-")
        }
        guard isSafe, (1...64).contains(id.utf8.count) else {
            throw ImageError(.malformed, "\"\(Printable.text(id))\" is no upload's id")
        }
        return "upload-\(id)"
    }

    private func writer(
        _ name: String, subject: String, size: Int64?, syncs: Bool, flags: Int32
    ) throws(ImageError) -> BlobWriter {
        guard writing.withLock({ $0.insert(name).inserted }) else {
            throw ImageError(.inUse, "\(subject) is being written by another request; wait for it, then try again")
        }
        do throws(ImageError) {
            let file = try open(name, flags: flags, subject: subject)
            return try BlobWriter(store: self, name: name, subject: subject, file: file, size: size, syncs: syncs)
        } catch {
            ended(name)
            throw FullDisk.explain(error, path: directories.path)
        }
    }

    private func open(_ name: String, flags: Int32, subject: String) throws(ImageError) -> SharedDescriptor {
        do throws(LinuxError) {
            return SharedDescriptor(
                try OwnedDescriptor.open(
                    name, at: directories.partial.descriptor, flags: O_RDWR | O_NOFOLLOW | flags,
                    mode: flags & O_CREAT == 0 ? 0 : 0o600))
        } catch {
            switch error.errno {
            case .noSuchFileOrDirectory: throw ImageError(.notFound, "there is no \(subject)")
            case .fileExists: throw ImageError(.inUse, "there is an \(subject) already")
            default: throw ImageError(error)
            }
        }
    }

    // MARK: For writers and garbage collection

    /// A writer has let go of its file.
    func ended(_ name: String) { _ = writing.withLock { $0.remove(name) } }

    func isWriting(_ name: String) -> Bool { writing.withLock { $0.contains(name) } }

    /// Removes a partial file, unless somebody goes on with it.
    func removePartial(_ name: String) throws(ImageError) {
        guard writing.withLock({ $0.insert(name).inserted }) else { return }
        defer { ended(name) }
        try storing { () throws(LinuxError) in try directories.partial.descriptor.removeTree(name) }
    }

    /// Brings a finished file into place and gives it its row, in one transaction. One that is there and on the disk is
    /// not replaced by one that may be lost.
    ///
    /// - Parameter takeBack: undoes `move`; called when the row could not be written after all.
    func place(
        _ digest: Digest, size: Int64, synced: Bool, move: () throws(ImageError) -> Void,
        takeBack: () throws(ImageError) -> Void
    ) throws(ImageError) {
        let isSynced = synced || durability == .processDeath
        try database.place("blob", digest, waits: isSynced) { database in
            if !isSynced, try Self.isOnDisk(digest, in: database) { return false }
            try Self.record(digest, size: size, synced: isSynced, in: database)
            try move()
            return true
        } takeBack: { () throws(ImageError) in
            try takeBack()
        }
        if synced, durability == .powerLoss {
            _ = try storing { () throws(LinuxError) in
                try check("write to disk", path) { fsync(directories.blobs.number) }
            }
        }
    }

    private static func isOnDisk(_ digest: Digest, in database: Database) throws -> Bool {
        try database.execute(
            sql: "UPDATE blob SET used = ? WHERE digest = ? AND synced = 1",
            arguments: [Now.milliseconds, digest.hex])
        return database.changesCount > 0
    }

    private static func record(_ digest: Digest, size: Int64, synced: Bool, in database: Database) throws {
        // A former file of this digest that is swept, but still in its place, is replaced by the new one.
        try database.execute(
            sql: "DELETE FROM trash WHERE folder = 'blobs/sha256' AND digest = ?", arguments: [digest.hex])
        try database.execute(
            sql: """
                INSERT INTO blob (digest, size, synced, added, used) VALUES (?1, ?2, ?3, ?4, ?4)
                ON CONFLICT (digest) DO UPDATE SET used = ?4, disk = NULL, synced = ?3
                """, arguments: [digest.hex, size, synced, Now.milliseconds])
    }

    func sync(_ file: SharedDescriptor, _ digest: Digest) throws(LinuxError) {
        guard durability == .powerLoss else { return }
        try check("write to disk the blob", "\(digest)") { fsync(file.number) }
    }

    /// Writes down when blobs were last asked for.
    func recordUse(in database: Database) throws {
        let all: [Digest: Int64] = touched.withLock { touched in
            defer { touched = [:] }
            return touched
        }
        for (digest, time) in all {
            try database.execute(
                sql: "UPDATE blob SET used = ? WHERE digest = ?", arguments: [time, digest.hex])
        }
    }
}

extension ImageError.Code {
    /// Something that another request works on, or that a task uses.
    public static let inUse = Self(rawValue: "inUse")
}
