import BerthLinux
import BerthOCI
import BerthUnpack
import Glibc
import Synchronization

/// Images on this machine: imported once, their layers unpacked and shared by DiffID.
///
/// Under the root lie `blobs/sha256/` (manifests and configurations; layers are not kept a second time compressed),
/// `layers/<DiffID>/`, `index.json` (an OCI index of all names) and `staging/`, out of which everything finished is
/// renamed into place. A process that is killed leaves work in `staging`, or layers that no image lists; the next one
/// removes both. An image is listed once its layers are on the disk, so a machine that loses power loses none.
///
/// Calls block; run those that import or read users on threads of their own. ``image(_:)`` and ``images()`` answer from
/// memory.
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
    private let catalog: Mutex<Catalog>

    /// Opens a store, and makes it if it is not there.
    ///
    /// - Parameters:
    ///   - root: an absolute path; one process at a time.
    ///   - durability: what an image survives once it is imported.
    ///   - limits: what a layer may cost to unpack.
    ///   - unpacker: the path of the `berth-unpack` executable, read when the first layer is unpacked; nil for the one
    ///     beside the running program.
    /// - Throws: ``ImageError/Code/storeInUse``, ``ImageError/Code/storage``, or ``ImageError/Code/malformed`` for a
    ///   damaged `index.json`.
    public init(
        root: String, durability: Durability = .powerLoss, limits: LayerLimits = LayerLimits(),
        unpacker: String? = nil
    ) throws(ImageError) {
        self.root = root
        self.durability = durability
        self.limits = limits
        host = .host
        let directories: StoreDirectories
        do throws(ImageError) {
            directories = try StoreDirectories(path: root)
        } catch {
            throw FullDisk.explain(error, path: root)
        }
        self.directories = directories
        layers = LayerStore(
            path: "\(root)/layers", directory: directories.layers, staging: directories.staging, limits: limits,
            unpacker: Unpacker(path: unpacker))
        var catalog = Catalog()
        var findings: [ImageError] = []
        if let file = try directories.index() {
            // Its length is bounded by the number of images an operator names.
            let index = try Documents.index(try file.bytes(limit: 256 << 20), name: file.name)
            for entry in index.manifests {
                do throws(ImageError) {
                    catalog.add(try Self.load(entry, from: directories, layers: layers), manifestSize: entry.size)
                } catch {
                    findings.append(error)
                }
            }
        }
        // A damaged image may be what a task of the last daemon still runs on: leave all until it is imported again.
        if findings.isEmpty { try layers.removeAll(but: Set(catalog.all.flatMap(\.configuration.rootfs.diffIDs))) }
        self.findings = findings
        self.catalog = Mutex(catalog)
    }

    /// The image of a name (`busybox`, `docker.io/library/busybox:latest`, `busybox@sha256:…`) or of a digest.
    ///
    /// - Throws: ``ImageError/Code/notFound``, ``ImageError/Code/invalidReference``.
    public func image(_ reference: String) throws(ImageError) -> StoredImage {
        let found = catalog.withLock { catalog in Result { () throws(ImageError) in try catalog.find(reference) } }
        if let image = try found.get() { return image }
        throw ImageError(
            .notFound,
            "there is no image \(Printable.text(reference)) here; import it with: berth image import PATH --tag "
                + Printable.text(reference)
        )
    }

    /// All images, by name.
    public func images() -> [StoredImage] { catalog.withLock { $0.all } }

    /// Names an image whose layers are all unpacked; what is returned is on disk.
    func publish(_ image: PendingImage, names: [Reference]) throws(ImageError) -> [StoredImage] {
        if durability == .powerLoss { try layers.sync() }
        try directories.keep(image.configurationBytes, as: image.configurationDigest)
        try directories.keep(image.manifest, as: image.digest)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let importedAt = Double(now.tv_sec) + Double(now.tv_nsec / 1_000_000) / 1000
        var stored: [StoredImage] = []
        for name in names {
            stored.append(
                try Self.assemble(
                    name: name.description, digest: image.digest, configuration: image.configuration, layers: layers,
                    importedAt: importedAt))
        }
        // The list is written under the lock: what is on disk and what is in memory change in the same order.
        let written = catalog.withLock { catalog in
            Result { () throws(ImageError) in
                var changed = catalog
                for named in stored { changed.add(named, manifestSize: Int64(image.manifest.count)) }
                try directories.writeIndex(try Documents.encode(changed.index))
                catalog = changed
            }
        }
        try written.get()
        return stored
    }
}
