import BerthOCI
import BerthUnpack

/// Finds the images that `docker save` wrote before it wrote OCI layouts, and that many tools still write.
///
/// Such an archive has no manifest, so one is made: the image's digest is that of the manifest that describes its
/// layers as they lie in the archive, and is the same whenever the same archive is imported.
struct DockerArchiveImages {
    /// An element of `manifest.json` (Docker image specification 1.2).
    private struct Entry: Decodable {
        var configuration: String
        var names: [String]?
        var layers: [String]

        private enum CodingKeys: String, CodingKey {
            case configuration = "Config"
            case names = "RepoTags"
            case layers = "Layers"
        }
    }

    let source: any ImageSource
    let host: Platform

    func images(manifest file: Region) throws(ImageError) -> [PendingImage] {
        let bytes = try file.bytes(limit: Documents.maximumBytes)
        var images: [PendingImage] = []
        for entry in try Documents.decode([Entry].self, from: bytes, name: file.name) {
            images.append(try image(entry))
        }
        return images
    }

    private func image(_ entry: Entry) throws(ImageError) -> PendingImage {
        let document = try need(entry.configuration)
        let bytes = try document.bytes(limit: Documents.maximumBytes)
        let digest = try Documents.digest(of: bytes)
        let configuration = try ImageConfiguration.checked(
            bytes, name: document.name, layers: entry.layers.count, host: host)
        var layers: [PendingLayer] = []
        var descriptors: [Descriptor] = []
        for (name, diffID) in zip(entry.layers, configuration.rootfs.diffIDs) {
            let region = try need(name)
            let (descriptor, blobDigest) = try describe(region, diffID: diffID)
            descriptors.append(descriptor)
            layers.append(PendingLayer(diffID: diffID, blobDigest: blobDigest, region: region))
        }
        let manifest = try Documents.encode(
            Manifest(
                config: Descriptor(mediaType: .configuration, digest: digest, size: Int64(bytes.count)),
                layers: descriptors))
        return PendingImage(
            names: entry.names ?? [], manifest: manifest, digest: try Documents.digest(of: manifest),
            configuration: configuration,
            configurationBytes: bytes, configurationDigest: digest, layers: layers)
    }

    /// Plain layers, the rule, are their DiffID; a compressed one, as some tools write, must be read to know its
    /// digest.
    private func describe(_ region: Region, diffID: Digest) throws(ImageError) -> (Descriptor, blobDigest: Digest?) {
        let stream = RegionStream(region, cancellation: Cancellation())
        let type: MediaType
        switch Compression(firstBytes: try stream.next()) {
        case .none: return (Descriptor(mediaType: .layer, digest: diffID, size: region.length), nil)
        case .gzip: type = .layerGzip
        case .zstd: type = .layerZstd
        }
        let hashed = DigestStream(
            RegionStream(region, cancellation: Cancellation()), expected: nil, subject: region.name)
        try hashed.drain()
        let digest = try hashed.digest()
        return (Descriptor(mediaType: type, digest: digest, size: region.length), digest)
    }

    private func need(_ name: String) throws(ImageError) -> Region {
        guard let region = try source.file(name) else {
            throw ImageError(
                .notFound,
                "\(source.path) lacks \(Printable.text(name)), which its manifest.json names; save the image again")
        }
        return region
    }
}
