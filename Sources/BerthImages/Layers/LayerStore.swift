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
    /// The store's directory, in which all layers and their mount points are.
    let root: String
    /// ``MountPoints``, if they could be made.
    let mountPoints: String?
    let directory: SharedDescriptor
    let staging: SharedDescriptor
    let limits: LayerLimits
    let unpacker: Unpacker
    let database: ImageDatabase
    let durability: ImageStore.Durability
    let inWork = KeyedLock()

    /// More than this, and starts use a flattened copy: the cost of an overlay grows with its layers.
    let mostLayers = 50

    /// Where a layer's size is kept, on its own directory, so that it comes and goes with it.
    static let sizeAttribute = "trusted.berth.size"

    init(
        directories: StoreDirectories, database: ImageDatabase, durability: ImageStore.Durability,
        limits: LayerLimits, unpacker: Unpacker
    ) {
        root = directories.path
        path = "\(root)/layers"
        mountPoints = MountPoints.make(in: directories.root) ? "\(root)/\(MountPoints.name)" : nil
        directory = directories.layers
        staging = directories.staging
        self.database = database
        self.durability = durability
        self.limits = limits
        self.unpacker = unpacker
    }

    /// The layer of a DiffID; nil if it is not unpacked. Who needs it to stay holds it by a ``StoreLease`` first.
    func layer(_ diffID: Digest) throws(ImageError) -> Layer? {
        let isKnown = try database.query {
            try Bool.fetchOne($0, sql: "SELECT 1 FROM layer WHERE digest = ?", arguments: [diffID.hex]) ?? false
        }
        return isKnown ? try directory(diffID) : nil
    }

    /// Whether a layer is unpacked, and a blob was seen to be it.
    ///
    /// What only names its DiffID is not given it: an image could else claim the layer of another, and get its files.
    func isHere(_ diffID: Digest, from blob: Digest) throws(ImageError) -> Bool {
        let isSeen = try database.query {
            try Bool.fetchOne(
                $0, sql: "SELECT 1 FROM layer_source WHERE layer = ? AND blob = ?", arguments: [diffID.hex, blob.hex])
        }
        guard isSeen == true else { return false }
        return try directory(diffID) != nil
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

    /// Brings a whole layer into place, unless it is there, and gives it its row, in one transaction.
    ///
    /// - Parameters:
    ///   - name: its directory in `workspace`.
    ///   - blob: the compressed bytes that it came from; nil if nobody else can name them.
    func place(
        _ name: String, as diffID: Digest, size: Int64, blob: Digest? = nil, isFlat: Bool = false,
        from workspace: Workspace
    ) throws(ImageError) {
        let isSynced = durability == .processDeath
        try database.place("layer", diffID, waits: isSynced) { database in
            // What is at its place has no row any more: it is swept but not yet moved, or its row failed to be written.
            try database.execute(
                sql: "DELETE FROM trash WHERE folder = 'layers' AND digest = ?", arguments: [diffID.hex])
            try database.execute(
                sql: """
                    INSERT INTO layer (digest, size, flat, synced, added, used) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
                    ON CONFLICT (digest) DO NOTHING
                    """, arguments: [diffID.hex, size, isFlat, isSynced, Now.milliseconds])
            let isNew = database.changesCount > 0
            if let blob {
                try database.execute(
                    sql: "INSERT INTO layer_source (layer, blob) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    arguments: [diffID.hex, blob.hex])
            }
            guard isNew else { return false }
            if try workspace.publish(name, as: diffID.hex, in: directory.descriptor, replaces: false) { return true }
            try workspace.take(diffID.hex, from: directory.descriptor, as: "former")
            return try workspace.publish(name, as: diffID.hex, in: directory.descriptor, replaces: false)
        } takeBack: { () throws(ImageError) in
            try workspace.take(diffID.hex, from: directory.descriptor, as: name)
        }
    }
}
