import BerthLinux
import BerthOCI
import BerthUnpack
import GRDB
import Glibc
import SystemPackage

/// The unpacked layers of a store: one directory a DiffID, whatever lies under it in an image.
final class LayerStore: Sendable {
    /// A layer that is there.
    struct Layer: Sendable {
        var path: String
        /// Bytes of its files.
        var size: Int64
        /// Hides all layers below it: an opaque root, which the kernel does not look at in a lower directory.
        var hidesAll: Bool
    }

    let path: String
    private let directory: SharedDescriptor
    private let staging: SharedDescriptor
    private let limits: LayerLimits
    let database: ImageDatabase
    private let durability: ImageStore.Durability
    private let inWork = KeyedLock()

    /// Where a layer's size is kept, on its own directory, so that it comes and goes with it.
    private static let sizeAttribute = "trusted.berth.size"

    init(
        path: String, directories: StoreDirectories, database: ImageDatabase, durability: ImageStore.Durability,
        limits: LayerLimits
    ) {
        self.path = path
        directory = directories.layers
        staging = directories.staging
        self.database = database
        self.durability = durability
        self.limits = limits
    }

    /// The layer of a DiffID; nil if it is not unpacked. Who needs it to stay holds it by a ``StoreLease`` first.
    func layer(_ diffID: Digest) throws(ImageError) -> Layer? {
        let isKnown = try database.query {
            try Bool.fetchOne($0, sql: "SELECT 1 FROM layer WHERE digest = ?", arguments: [diffID.hex]) ?? false
        }
        return isKnown ? try directory(diffID) : nil
    }

    /// What lies at a layer's place.
    func directory(_ diffID: Digest) throws(ImageError) -> Layer? {
        let root: SharedDescriptor
        do throws(LinuxError) {
            root = SharedDescriptor(
                try OwnedDescriptor.open(
                    diffID.hex, at: directory.descriptor, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw ImageError(error)
        }
        do throws(Errno) {
            guard let text = try ExtendedAttribute.get(Self.sizeAttribute, of: root.descriptor.number, limit: 32),
                let size = Int64(String(decoding: text, as: UTF8.self))
            else { return nil }
            return Layer(
                path: "\(path)/\(diffID.hex)", size: size,
                hidesAll: try ExtendedAttributes.isOpaque(root.descriptor.number))
        } catch {
            throw ImageError(.storage, "cannot read the layer \(path)/\(diffID.hex): \(error)")
        }
    }

    /// Writes all layers to disk. To be called before an image that needs them is listed.
    func sync() throws(ImageError) {
        try storing { () throws(LinuxError) in try directory.descriptor.syncFileSystem(path) }
    }

    /// Brings a whole layer into place and gives it its row, in one transaction.
    ///
    /// - Parameter name: its directory in `workspace`.
    func place(
        _ name: String, as diffID: Digest, size: Int64, isFlat: Bool = false, from workspace: Workspace
    ) throws(ImageError) {
        let isSynced = durability == .processDeath
        try database.change { database in
            // What is at its place has no row any more: it is swept but not yet moved, or its row failed to be written.
            try database.execute(
                sql: "DELETE FROM trash WHERE folder = 'layers' AND digest = ?", arguments: [diffID.hex])
            try database.execute(
                sql: """
                    INSERT INTO layer (digest, size, flat, synced, added, used) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
                    ON CONFLICT (digest) DO NOTHING
                    """, arguments: [diffID.hex, size, isFlat, isSynced, Now.milliseconds])
            guard database.changesCount > 0 else { return }
            if try workspace.publish(name, as: diffID.hex, in: directory.descriptor, replaces: false) { return }
            try workspace.take(diffID.hex, from: directory.descriptor, as: "former")
            try workspace.publish(name, as: diffID.hex, in: directory.descriptor, replaces: false)
        }
    }

    /// Unpacks a layer, unless it is there; two who want the same one share the work.
    ///
    /// Only a layer whose bytes had both the right digest and the right DiffID is renamed into place.
    func unpack(_ layer: PendingLayer, cancellation: Cancellation) throws(ImageError) {
        try inWork.withLock(layer.diffID.hex) { () throws(ImageError) in
            if try self.layer(layer.diffID) != nil { return }
            let workspace = try Workspace(staging: staging)
            defer { workspace.remove() }
            do throws(ImageError) {
                try unpack(layer, in: workspace, cancellation: cancellation)
            } catch {
                throw FullDisk.explain(error.prefixed("layer \(layer.diffID)"), path: path)
            }
        }
    }

    private func unpack(_ layer: PendingLayer, in workspace: Workspace, cancellation: Cancellation) throws(ImageError) {
        let raw = RegionStream(layer.region, cancellation: cancellation)
        // A plain layer is its own DiffID; hashing it twice proves nothing more.
        let blob = layer.blobDigest.flatMap { $0 == layer.diffID ? nil : $0 }.map {
            DigestStream(raw, expected: $0, subject: layer.region.name)
        }
        let root = SharedDescriptor(try workspace.subdirectory("root"))
        let summary: LayerExtractor.Summary
        do throws(ImageError) {
            summary = try extract(blob ?? raw, of: layer, to: root, in: workspace)
        } catch {
            // Damaged bytes fail somewhere on the way; the digest tells damage from a layer that was made wrong.
            if error.code == .malformed || error.code == .limitExceeded {
                try
                    (blob
                    ?? DigestStream(
                        RegionStream(layer.region, cancellation: cancellation), expected: layer.diffID,
                        subject: layer.region.name)).drain()
            }
            throw error
        }
        try blob?.drain()
        try finish(root.descriptor.number, size: summary.bytes)
        try place("root", as: layer.diffID, size: summary.bytes, from: workspace)
    }

    private func finish(_ root: Int32, size: Int64) throws(ImageError) {
        let text = Array("\(size)".utf8)
        let result = text.withUnsafeBytes { value in
            Result { () throws(Errno) in try ExtendedAttribute.set(Self.sizeAttribute, to: value, on: root) }
        }
        do throws(Errno) {
            try result.get()
            if fchmod(root, 0o755) != 0 { throw .current }
        } catch {
            throw ImageError(.of(error), "cannot finish the layer's directory: \(error)")
        }
    }

    private func extract(
        _ blob: any ByteStream, of layer: PendingLayer, to root: SharedDescriptor, in workspace: Workspace
    ) throws(ImageError) -> LayerExtractor.Summary {
        let tar = DigestStream(
            try Compression.inflate(blob, subject: layer.region.name), expected: layer.diffID,
            subject: "the tar in \(layer.region.name)", limit: limits.maximumBytes)
        let reader = try TarReader(tar, subject: layer.region.name)
        let tree = try LayerDirectory(
            root: try storing { () throws(LinuxError) in
                try OwnedDescriptor.open(".", at: root.descriptor, flags: O_RDONLY | O_DIRECTORY)
            }, trash: try workspace.subdirectory("replaced"))
        var extractor = LayerExtractor(
            tree: tree, directories: DirectoryRecords(file: try workspace.file("directories")), limits: limits)
        let summary = try extractor.extract(reader)
        // The end of the archive is not the end of the bytes: padding belongs to the DiffID.
        try tar.drain()
        return summary
    }
}
