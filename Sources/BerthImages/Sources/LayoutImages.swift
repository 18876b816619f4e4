import BerthOCI
import BerthUnpack

/// Finds the images of an OCI layout, as a directory or in an archive.
struct LayoutImages {
    /// Enough for an index of indexes with every platform and attestation there is; a loop or a bomb ends here.
    private static let maximumDocuments = 256
    private static let maximumDepth = 8

    private let source: any ImageSource
    private let host: Platform
    private var documents = 0

    init(_ source: any ImageSource, host: Platform) {
        self.source = source
        self.host = host
    }

    /// The images for this machine.
    ///
    /// Entries of one name are one image for several platforms; so are nameless entries that state their platform.
    mutating func images(index file: Region) throws(ImageError) -> [PendingImage] {
        let index = try Documents.index(try file.bytes(limit: Documents.maximumBytes), name: file.name)
        var groups: [(name: String?, entries: [Descriptor])] = []
        for entry in index.manifests {
            let name = Self.name(of: entry)
            let known = groups.firstIndex { $0.name == name && (name != nil || entry.platform != nil) }
            if let known { groups[known].entries.append(entry) } else { groups.append((name, [entry])) }
        }
        var images: [PendingImage] = []
        for group in groups {
            var others: [Platform] = []
            guard var image = try select(group.entries, depth: 0, others: &others) else {
                let found = others.map { Printable.text($0.description) }.joined(separator: ", ")
                throw ImageError(
                    .wrongPlatform,
                    "\(source.path) has no image for \(host)" + (found.isEmpty ? "" : ", only for \(found)")
                        + "; save or build it for \(host)")
            }
            image.names = group.name.map { [$0] } ?? []
            images.append(image)
        }
        return images
    }

    /// The image for this machine behind a manifest or an index.
    mutating func image(of descriptor: Descriptor) throws(ImageError) -> PendingImage {
        var others: [Platform] = []
        if let image = try select([descriptor], depth: 0, others: &others) { return image }
        let found = others.map { Printable.text($0.description) }.joined(separator: ", ")
        throw ImageError(
            .wrongPlatform,
            "there is no image for \(host) in \(descriptor.digest)" + (found.isEmpty ? "" : ", only for \(found)"))
    }

    private static func name(of entry: Descriptor) -> String? {
        entry.annotations?[AnnotationKey.containerdImageName] ?? entry.annotations?[AnnotationKey.referenceName]
    }

    /// The first image for this machine; platforms it was not for are added to `others`.
    private mutating func select(
        _ entries: [Descriptor], depth: Int, others: inout [Platform]
    ) throws(ImageError) -> PendingImage? {
        guard depth <= Self.maximumDepth else {
            throw ImageError(.limitExceeded, "\(source.path) nests indexes more than \(Self.maximumDepth) deep")
        }
        for entry in entries {
            if let platform = entry.platform, !platform.runs(on: host) {
                others.append(platform)
                continue
            }
            if entry.mediaType.isIndex {
                let (bytes, name) = try document(entry)
                let inner = try Documents.index(bytes, name: name)
                if let image = try select(inner.manifests, depth: depth + 1, others: &others) { return image }
            } else if entry.mediaType.isManifest {
                let (bytes, name) = try document(entry)
                if let image = try image(bytes, name: name, digest: entry.digest, others: &others) { return image }
            }
        }
        return nil
    }

    private mutating func image(
        _ bytes: [UInt8], name: String, digest: Digest, others: inout [Platform]
    ) throws(ImageError) -> PendingImage? {
        let manifest = try Documents.manifest(bytes, name: name)
        guard manifest.config.mediaType.isConfiguration else {
            throw ImageError(
                .unsupported,
                "\(name) is no container image but an artifact of type "
                    + Printable.text(manifest.config.mediaType.rawValue)
            )
        }
        let (configurationBytes, configurationName) = try document(manifest.config)
        let platform = try Documents.decode(ImageConfiguration.self, from: configurationBytes, name: configurationName)
            .platform
        guard platform.runs(on: host) else {
            others.append(platform)
            return nil
        }
        let configuration = try ImageConfiguration.checked(
            configurationBytes, name: configurationName, layers: manifest.layers.count, host: host)
        var layers: [PendingLayer] = []
        for (descriptor, diffID) in zip(manifest.layers, configuration.rootfs.diffIDs) {
            guard descriptor.mediaType.isLayer else {
                throw ImageError(
                    .unsupported,
                    "layer \(descriptor.digest) of \(name) has the media type "
                        + "\(Printable.text(descriptor.mediaType.rawValue)); Berth takes plain, gzip and zstd layers that come with the image"
                )
            }
            layers.append(PendingLayer(diffID: diffID, blobDigest: descriptor.digest, region: try blob(descriptor)))
        }
        return PendingImage(
            names: [], manifest: bytes, digest: digest, configuration: configuration,
            configurationBytes: configurationBytes,
            configurationDigest: manifest.config.digest, layers: layers)
    }

    /// A document's bytes, verified, and its name for messages.
    private mutating func document(_ descriptor: Descriptor) throws(ImageError) -> (bytes: [UInt8], name: String) {
        documents += 1
        guard documents <= Self.maximumDocuments else {
            throw ImageError(
                .limitExceeded, "\(source.path) leads through more than \(Self.maximumDocuments) documents")
        }
        let region = try blob(descriptor)
        let bytes = try region.bytes(limit: Documents.maximumBytes)
        let actual = try Documents.digest(of: bytes)
        guard actual == descriptor.digest else {
            throw ImageError(
                .digestMismatch, "\(region.name) is corrupt: its bytes hash to \(actual); save the image again")
        }
        return (bytes, region.name)
    }

    /// A blob of the right size; its digest is checked by who reads it.
    private func blob(_ descriptor: Descriptor) throws(ImageError) -> Region {
        let name = "blobs/sha256/\(descriptor.digest.hex)"
        guard let region = try source.file(name) else {
            throw ImageError(.notFound, "\(source.path) lacks \(name), which the image needs; save the image again")
        }
        guard region.length == descriptor.size else {
            throw ImageError(
                .sizeMismatch,
                "\(region.name) has \(region.length) bytes, but its descriptor says \(descriptor.size); "
                    + "save the image again"
            )
        }
        return region
    }
}
