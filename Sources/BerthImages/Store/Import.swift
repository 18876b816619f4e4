import BerthOCI
import BerthUnpack

extension ImageStore {
    /// How many layers are unpacked at a time. Inflating and hashing keep a core busy each; the largest layer of an
    /// image is about half of it, so more threads than this only cost memory.
    private static let width = 2

    /// Imports the image or images of an OCI layout directory, of a tar archive of one, or of `docker save`.
    ///
    /// Digest and size of every blob and the DiffID of every layer are verified before anything gets a name; on an
    /// error nothing of the import is left but layers that were whole.
    ///
    /// - Parameters:
    ///   - path: on this machine; archives may be compressed with gzip or zstd.
    ///   - name: what to call the image; nil takes the names the source gives.
    /// - Returns: the image under each of its names.
    /// - Throws: every ``ImageError/Code`` but those of users and lookups.
    public func importImage(from path: String, name: String?) throws(ImageError) -> [StoredImage] {
        do throws(ImageError) {
            return try importVerified(from: path, name: name)
        } catch {
            throw FullDisk.explain(error, path: root)
        }
    }

    private func importVerified(from path: String, name: String?) throws(ImageError) -> [StoredImage] {
        var given: Reference?
        if let name { given = try Self.nameToGive(name) }
        let workspace = try Workspace(staging: directories.staging)
        defer { workspace.remove() }
        let source = try ImageSources.open(path, workspace: workspace, limits: limits)
        let found = try images(in: source)
        guard !found.isEmpty else { throw ImageError(.notFound, "\(path) holds no image") }
        if let given, found.count > 1 {
            let names = found.map { $0.names.first.map { Printable.text($0) } ?? "\($0.digest)" }.joined(
                separator: ", ")
            throw ImageError(
                .nameMissing,
                "\(path) holds \(found.count) images (\(names)), which cannot all be called \(given); "
                    + "import it without --tag, or save one image only")
        }
        var named: [(image: PendingImage, names: [Reference])] = []
        for image in found {
            if let given {
                named.append((image, [given]))
            } else {
                named.append((image, try Self.names(of: image, in: path)))
            }
        }
        let lease = try lease(owner: "import \(UInt64.random(in: .min ... .max))")
        let layers = found.flatMap(\.layers)
        let parts = Set(
            found.flatMap { [$0.digest, $0.configurationDigest] } + layers.map(\.diffID)
                + layers.compactMap(\.blobDigest))
        try lease.hold(parts)
        // What cannot be released now is when it expires.
        defer { try? lease.release() }
        do throws(ImageError) {
            try unpack(layers)
            var stored: [StoredImage] = []
            for (image, names) in named { stored += try publish(image, names: names) }
            return stored
        } catch {
            // Whole layers stay for another try, but not on a disk that is full.
            guard error.code == .noSpace else { throw error }
            let explained = FullDisk.explain(error, path: root)
            try? lease.release()
            try? discard(parts)
            throw explained
        }
    }

    /// Removes those of these blobs and layers that nothing else needs.
    private func discard(_ parts: Set<Digest>) throws(ImageError) {
        _ = try changes.withLock(Self.list) { () throws(ImageError) in
            try remove([]) { Sweep(kept: $0, cutoff: .min, only: Set(parts.map(\.hex))) }
        }
        try emptyTrash()
    }

    private func images(in source: any ImageSource) throws(ImageError) -> [PendingImage] {
        if let index = try source.file("index.json") {
            var layout = LayoutImages(source, host: host)
            return try layout.images(index: index)
        }
        if let manifest = try source.file("manifest.json") {
            return try DockerArchiveImages(source: source, host: host).images(manifest: manifest)
        }
        throw ImageError(
            .unsupported,
            "\(source.path) is no image: it has neither index.json (an OCI layout or oci-archive) nor manifest.json "
                + "(docker save)"
        )
    }

    /// Unpacks what is not there yet, the largest first, so that both threads end at about the same time.
    func unpack(_ pending: [PendingLayer]) throws(ImageError) {
        var seen: Set<Digest> = []
        let wanted = pending.filter { seen.insert($0.diffID).inserted }.sorted { $0.content.length > $1.content.length }
        let cancellation = Cancellation()
        let layers = layers
        try Workers.run(wanted.count, width: Self.width, cancellation: cancellation) { index throws(ImageError) in
            try layers.unpack(wanted[index], cancellation: cancellation)
            try self.keepBlob(of: wanted[index], cancellation: cancellation)
        }
    }

    /// Keeps a compressed layer. A plain tar stays out: it is as large as what it was unpacked to.
    private func keepBlob(of layer: PendingLayer, cancellation: Cancellation) throws(ImageError) {
        guard keepsBlobs, case .region(let region) = layer.content, let digest = layer.blobDigest,
            digest != layer.diffID, try blobs.size(digest) == nil
        else { return }
        let writer: BlobWriter
        do throws(ImageError) {
            writer = try blobs.begin(digest, size: region.length)
        } catch {
            // A pull of the same blob is at it.
            if error.code == .inUse { return }
            throw error
        }
        defer { writer.abandon(keepingPartial: false) }
        let stream = RegionStream(region, cancellation: cancellation)
        _ = stream.skip(writer.length)
        while true {
            let piece = try stream.next()
            if piece.isEmpty { break }
            try writer.append(piece)
        }
        try writer.finish(digest, size: region.length)
    }

    // MARK: Names

    private static func nameToGive(_ text: String) throws(ImageError) -> Reference {
        let reference = try Reference.parse(text)
        guard reference.digest == nil else {
            throw ImageError(
                .invalidReference, "\(Printable.text(text)) holds a digest; an image is given a name and a tag")
        }
        return reference
    }

    private static func names(of image: PendingImage, in path: String) throws(ImageError) -> [Reference] {
        // The specification's annotation may be a bare tag. `latest` names no image; another bare word is taken for a
        // name, as podman and buildah write it.
        let names = image.names.filter { $0 != "latest" }.compactMap { try? Reference($0) }.filter { $0.digest == nil }
        guard names.isEmpty else { return names }
        throw ImageError(
            .nameMissing, "\(path) does not say what image \(image.digest) is called; name it with --tag NAME")
    }
}
