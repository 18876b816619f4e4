import BerthLinux
import BerthOCI
import BerthUnpack
import GRDB
import Glibc
import Synchronization

/// Images on this machine: pulled or imported once, their layers unpacked and shared by DiffID.
///
/// Under the root lie `images.db` (which images, blobs and layers there are, what they need and who holds them),
/// `blobs/sha256/` (manifests, configurations and compressed layers), `layers/<DiffID>/`, `partial/` (blobs on their
/// way in), `staging/`, out of which finished layers are renamed into place, and `trash/`. Row and file of a thing come
/// in one transaction; what a killed process left between two steps is put right when the store is opened
/// (``Reconciliation``). An image that was imported or pushed is offered once all of it is on the disk, so a machine
/// that loses power loses none; one that was pulled is offered at once, and on the disk soon after (``Settling``).
///
/// Calls block, so run them on threads of their own; ``image(_:)``, ``images()``, ``use(_:user:)`` and
/// ``hold(_:user:)`` answer from memory.
public final class ImageStore: Sendable {
    /// What an image survives once it is imported.
    public enum Durability: Sendable {
        /// The end of the process. For tests and trials.
        case processDeath
        /// The end of the machine, too: an import waits until the store's file system is written to its disk.
        case powerLoss
    }

    /// The store's directory.
    public let root: String
    /// The directory of all unpacked layers.
    public var layersRoot: String { layers.path }
    /// What was wrong with images of the list when the store was opened; those images are not offered.
    public let findings: [ImageError]

    let host: Platform
    let durability: Durability
    let limits: LayerLimits
    let directories: StoreDirectories
    let layers: LayerStore
    /// What the store knows, as rows.
    public let database: ImageDatabase
    /// Compressed layers, manifests and configurations.
    public let blobs: BlobStore
    /// Whether compressed layers are kept beside the unpacked ones, to be saved and pushed again.
    public let keepsBlobs: Bool
    let leases: Leases
    let settling: Settling
    let holds = Holds()
    /// One at a time changes which images there are: rows first, then `catalog`. Never taken by a start.
    let changes = KeyedLock()
    static let list = "list"
    let catalog: Mutex<Catalog>
    /// Wakes who unlinks what is in `trash/`.
    let unlinker = Mutex<(@Sendable () -> Void)?>(nil)
    /// Wakes who flattens images.
    let flattener = Mutex<(@Sendable () -> Void)?>(nil)
    let roots = Mutex<[@Sendable (Database) throws -> Set<Digest>]>([])

    /// Opens a store, and makes it if it is not there.
    ///
    /// - Parameters:
    ///   - root: an absolute path; one process at a time.
    ///   - durability: what an image survives once it is imported.
    ///   - limits: what a layer may cost to unpack.
    ///   - keepsBlobs: whether compressed layers are kept beside the unpacked ones.
    ///   - unpacker: the path of the `berth-unpack` executable, read when the first layer is unpacked; nil for the one
    ///     beside the running program.
    /// - Throws: ``ImageError/Code/storeInUse``, ``ImageError/Code/storage``, or ``ImageError/Code/malformed`` for a
    ///   damaged `index.json`.
    public init(
        root: String, durability: Durability = .powerLoss, limits: LayerLimits = LayerLimits(),
        keepsBlobs: Bool = true, unpacker: String? = nil
    ) throws(ImageError) {
        self.root = root
        self.durability = durability
        self.limits = limits
        self.keepsBlobs = keepsBlobs
        host = .host
        let directories = try FullDisk.explaining(root) { () throws(ImageError) in try StoreDirectories(path: root) }
        self.directories = directories
        database = try FullDisk.explaining(root) { () throws(ImageError) in
            try ImageDatabase(path: "\(root)/images.db", durability: durability)
        }
        blobs = BlobStore(directories: directories, database: database, durability: durability)
        leases = Leases(database: database, boot: try BootID.current())
        settling = Settling(layers: directories.layers, path: root, database: database)
        layers = LayerStore(
            directories: directories, database: database, durability: durability,
            limits: limits, unpacker: Unpacker(path: unpacker))
        let (catalog, findings) = try FullDisk.explaining(root) { [database, layers, leases] () throws(ImageError) in
            var findings = try IndexTakeover(directories: directories, database: database, layers: layers).run()
            try Reconciliation(directories: directories, database: database, leases: leases).run()
            var catalog = Catalog()
            for row in try database.query({ try ImageRow.all(in: $0) }) {
                do throws(ImageError) {
                    for image in try Self.load(row, from: directories, layers: layers) { catalog.add(image) }
                } catch {
                    // Its rows stay, and what is left of it: a task of the last daemon may still run on it.
                    findings.append(error)
                }
            }
            return (catalog, findings)
        }
        self.findings = findings
        self.catalog = Mutex(catalog)
        if durability == .powerLoss { settling.begin() }
    }

    /// The image of a name (`busybox`, `docker.io/library/busybox:latest`, `busybox@sha256:…`) or of a digest.
    ///
    /// - Throws: ``ImageError/Code/notFound``, ``ImageError/Code/invalidReference``.
    public func image(_ reference: String) throws(ImageError) -> StoredImage {
        try offered(reference) { $0 }
    }

    /// The image of a manifest's digest, whether or not it has a name; nil if it is not here.
    public func image(digest: Digest) -> StoredImage? { catalog.withLock { $0[digest] } }

    /// Finds an image and holds it in one step, so that it cannot be removed in between.
    ///
    /// - Parameter user: the task, by which a refusal to remove the image names it.
    /// - Throws: as ``image(_:)``.
    public func use(_ reference: String, user: String) throws(ImageError) -> ImageHold {
        try offered(reference) { ImageHold($0, user: user, in: holds) }
    }

    /// Who removes an image takes it out of the catalog under the same lock, unless somebody holds it.
    private func offered<Value: Sendable>(
        _ reference: String, _ body: (StoredImage) -> Value
    ) throws(ImageError) -> Value {
        let found = catalog.withLock { catalog in
            Result { () throws(ImageError) in try catalog.find(reference).map(body) }
        }
        if let value = try found.get() { return value }
        throw ImageError(
            .notFound,
            "there is no image \(Printable.text(reference)) here; berth image pull \(Printable.text(reference)) brings "
                + "it from its registry, berth image import PATH --tag \(Printable.text(reference)) from a file")
    }

    /// All images, by name.
    public func images() -> [StoredImage] { catalog.withLock { $0.all } }

    /// Holds blobs, layers and manifests against garbage collection until it is released.
    ///
    /// - Parameter owner: who holds, for example `pull docker.io/library/busybox:latest`.
    public func lease(owner: String) throws(ImageError) -> StoreLease { try leases.lease(owner) }

    /// Keeps an image on the disk while a task runs on it; in memory, so that a start waits for nothing.
    ///
    /// - Parameter user: the task, by which a refusal to remove the image names it.
    public func hold(_ image: StoredImage, user: String = "a task") -> ImageHold {
        ImageHold(image, user: user, in: holds)
    }

    /// Holds an image by its manifest's digest; nil if it is not here any more.
    public func hold(digest: Digest, user: String) -> ImageHold? {
        catalog.withLock { $0[digest].map { ImageHold($0, user: user, in: holds) } }
    }

    /// Adds to what garbage collection must keep: digests of manifests and blobs that others have rows for.
    ///
    /// Images whose manifest is among them are kept whole. `body` is called within the collecting transaction.
    public func addRoots(_ body: @escaping @Sendable (Database) throws -> Set<Digest>) {
        roots.withLock { $0.append(body) }
    }
}
