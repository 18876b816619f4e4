import BerthLinux
import BerthUnpack
import GRDB
import Synchronization

/// Writes images to the disk that were offered before they were on it, and notes down that they are.
///
/// A machine that loses power before that forgets such an image when the store is next opened (``Reconciliation``), and
/// pulls it again. The end of the process alone does no harm: the kernel has the files, and the next process goes on.
final class Settling: Sendable {
    private enum Step { case idle, running, runningAndWanted }

    /// What is not on the disk for sure.
    private struct Unsettled: Sendable {
        var images: [String]
        /// With the time each came: one that was collected and came back is another.
        var parts: [(table: String, digest: String, added: Int64)]
    }

    private let layers: SharedDescriptor
    private let path: String
    /// A store that is closed is not kept open.
    private weak let database: ImageDatabase?
    private let step = Mutex(Step.idle)

    /// - Parameters:
    ///   - layers: a directory of the file system that is to be written to its disk.
    ///   - path: the store's, for messages.
    init(layers: SharedDescriptor, path: String, database: ImageDatabase) {
        self.layers = layers
        self.path = path
        self.database = database
    }

    /// Begins it on a thread of its own; whoever comes while it runs has it done once more.
    func begin() {
        let mustStart = step.withLock { step in
            defer { step = step == .idle ? .running : .runningAndWanted }
            return step == .idle
        }
        guard mustStart else { return }
        do throws(LinuxError) {
            try startThread(name: "berth-settle") { self.run() }
        } catch {
            // The next image's turn, or that of the next process.
            step.withLock { $0 = .idle }
        }
    }

    private func run() {
        repeat {
            // What fails stays unsettled, which costs another pull at worst.
            try? settle()
        } while step.withLock { step in
            step = step == .runningAndWanted ? .running : .idle
            return step == .running
        }
    }

    private func settle() throws(ImageError) {
        guard let unsettled = try database?.query(Self.unsettled), !unsettled.images.isEmpty else { return }
        try storing { () throws(LinuxError) in try layers.descriptor.syncFileSystem(path) }
        try database?.change { database in
            for part in unsettled.parts {
                try database.execute(
                    sql: "UPDATE \(part.table) SET synced = 1 WHERE digest = ? AND added = ?",
                    arguments: [part.digest, part.added])
            }
            for image in unsettled.images {
                try database.execute(sql: "UPDATE image SET synced = 1 WHERE digest = ?", arguments: [image])
            }
        }
    }

    private static func unsettled(in database: Database) throws -> Unsettled {
        let images = try String.fetchAll(database, sql: "SELECT digest FROM image WHERE synced = 0")
        var parts: [(String, String, Int64)] = []
        for table in ["blob", "layer"] {
            for row in try Row.fetchAll(database, sql: "SELECT digest, added FROM \(table) WHERE synced = 0") {
                parts.append((table, row[0], row[1]))
            }
        }
        return Unsettled(images: images, parts: parts)
    }
}
