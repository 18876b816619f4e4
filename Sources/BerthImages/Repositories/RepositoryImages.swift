import BerthLinux
import BerthOCI
import BerthUnpack
import Synchronization

/// Images that were pushed, made ready to run: unpacked once, from the blobs that the push left, without a copy.
///
/// That happens in the background when a manifest is pushed; who runs the image before it is done waits for it, and who
/// runs one whose push nobody saw (the daemon ended meanwhile) does it himself.
public final class RepositoryImages: Sendable {
    let repositories: Repositories
    let own: OwnRegistry
    private let queue = Mutex(Queue())
    /// Who unpacks an image makes others who want it wait.
    private let inWork = KeyedLock()

    private struct Queue {
        var pending: [Digest] = []
        var isDraining = false
    }

    /// Begins to prepare what is pushed.
    public init(repositories: Repositories, own: OwnRegistry) {
        self.repositories = repositories
        self.own = own
        repositories.pushed.withLock { $0 = { [weak self] _, digest in self?.enqueue(digest) } }
    }

    var store: ImageStore { repositories.store }

    /// The image that a reference names in the registry inside, ready to run; nil if it names another registry.
    ///
    /// Blocks until it is unpacked.
    ///
    /// - Throws: ``ImageError/Code/notFound``, and what makes an image unfit to run.
    public func image(_ text: String) throws(ImageError) -> StoredImage? {
        guard let digest = try manifest(text) else { return nil }
        do throws(ImageError) { return try prepare(digest) } catch { throw error.prefixed(Printable.text(text)) }
    }

    /// As ``image(_:)``, and keeps the image on the disk for a task.
    ///
    /// - Parameter user: the task, by which a refusal to remove the image names it.
    public func use(_ text: String, user: String) throws(ImageError) -> ImageHold? {
        var attempts = 0
        while let image = try image(text) {
            do throws(ImageError) { return try store.use("\(image.digest)", user: user) } catch {
                // Removed in that moment; it is unpacked again.
                attempts += 1
                guard error.code == .notFound, attempts < 3 else { throw error }
            }
        }
        return nil
    }

    /// The image that a reference names here, if it is unpacked; nil otherwise. It does not count as pulled.
    ///
    /// Reads the database and documents, but waits for nobody.
    public func unpacked(_ text: String) throws(ImageError) -> StoredImage? {
        let found = try manifest(text) { repositories, reference, name throws(RepositoryError) in
            try repositories.describe(reference, in: name)
        }
        return try found.flatMap { digest throws(ImageError) in try unpacked(digest) }
    }

    /// The image behind a manifest or an index of a repository, if it is unpacked.
    func unpacked(_ digest: Digest) throws(ImageError) -> StoredImage? {
        if let ready = store.image(digest: digest) { return ready }
        var source = LayoutImages(BlobSource(blobs: store.blobs), host: store.host)
        return store.image(digest: try source.image(of: try descriptor(digest)).digest)
    }

    /// The manifest or index that a reference means; nil if it names another registry.
    private func manifest(
        _ text: String,
        _ find: (Repositories, ManifestReference, RepositoryName) throws(RepositoryError) -> KeptManifest = {
            repositories, reference, name throws(RepositoryError) in try repositories.pull(reference, in: name)
        }
    ) throws(ImageError) -> Digest? {
        guard let reference = try? Reference(text), let (name, manifest) = own.localReference(reference) else {
            return nil
        }
        do throws(RepositoryError) {
            return try find(repositories, manifest, name).digest
        } catch {
            throw ImageError(error, text)
        }
    }

    // MARK: Preparing

    private func prepare(_ digest: Digest) throws(ImageError) -> StoredImage {
        if let ready = store.image(digest: digest) { return ready }
        return try inWork.withLock(digest.hex) { () throws(ImageError) in
            let lease = try store.lease(owner: "repository \(digest)")
            defer { try? lease.release() }
            try lease.hold([digest])
            var source = LayoutImages(BlobSource(blobs: store.blobs), host: store.host)
            let found = try source.image(of: try descriptor(digest))
            // An index leads to a manifest, which may be ready.
            if let ready = store.image(digest: found.digest) { return ready }
            let layers = found.layers
            try lease.hold(
                [found.digest, found.configurationDigest] + layers.compactMap(\.blobDigest) + layers.map(\.diffID))
            try store.unpack(layers)
            guard let image = try store.publish(found, names: []).first else {
                throw ImageError(.storage, "the image \(digest) was not kept")
            }
            return image
        }
    }

    private func descriptor(_ digest: Digest) throws(ImageError) -> Descriptor {
        guard let region = try store.blobs.blob(digest) else {
            throw ImageError(.notFound, "the bytes of manifest \(digest) are gone from the image store; push it again")
        }
        let bytes = try region.bytes(limit: Documents.maximumBytes)
        let document: PushedManifest
        // Its request may have said what the manifest leaves out.
        let usual: MediaType = try Documents.hasManifests(bytes) ? .index : .manifest
        do throws(RepositoryError) { document = try PushedManifest(bytes, declared: nil, usual: usual) } catch {
            throw ImageError(.malformed, "manifest \(digest): \(error)")
        }
        return Descriptor(mediaType: document.mediaType, digest: digest, size: region.length)
    }

    // MARK: In the background

    private func enqueue(_ digest: Digest) {
        let starts = queue.withLock { queue in
            if !queue.pending.contains(digest) { queue.pending.append(digest) }
            defer { queue.isDraining = true }
            return !queue.isDraining
        }
        guard starts else { return }
        do throws(LinuxError) {
            try startThread(name: "berth-pushed") { [weak self] in
                while let digest = self?.next() {
                    // What fails here fails again, and is told, when somebody runs the image. Most of it is no image:
                    // a signature, or one for another machine.
                    _ = try? self?.prepare(digest)
                }
            }
        } catch {
            // No thread now: whoever runs the image unpacks it.
            queue.withLock { $0 = Queue() }
        }
    }

    private func next() -> Digest? {
        queue.withLock { queue in
            if queue.pending.isEmpty {
                queue.isDraining = false
                return nil
            }
            return queue.pending.removeFirst()
        }
    }
}

/// The blob store as a layout, so that a pushed image is read as an imported one is.
private struct BlobSource: ImageSource {
    let blobs: BlobStore
    let path = "the registry inside"

    func file(_ name: String) throws(ImageError) -> Region? {
        let prefix = "blobs/sha256/"
        guard name.hasPrefix(prefix), let digest = Digest(hex: String(name.dropFirst(prefix.count))) else { return nil }
        return try blobs.blob(digest)
    }
}

extension ImageError {
    /// What the repositories refused, about an image by its name.
    init(_ error: RepositoryError, _ text: String) {
        switch error {
        case .storage(let error): self = error
        case .manifestInUse: self.init(.inUse, "\(Printable.text(text)): \(error)")
        default: self.init(.notFound, "\(Printable.text(text)): \(error)")
        }
    }
}
