import BerthOCI
import BerthUnpack

/// An image found at a registry: its documents read and verified, its layers not yet fetched.
struct ResolvedImage: Sendable {
    /// A layer as the registry has it.
    struct Layer: Sendable {
        var descriptor: Descriptor
        var diffID: Digest
    }

    var manifest: RegistryDocument
    var configuration: ImageConfiguration
    var configurationBytes: [UInt8]
    var configurationDigest: Digest
    /// Lowest first; a layer that the image has twice stands here twice.
    var layers: [Layer]
    /// The indexes on the way to the manifest.
    var indexes: [RegistryDocument]
    /// From where to fetch the layers.
    var sources: RegistrySources

    /// Every blob of it.
    var digests: Set<Digest> {
        Set(layers.map(\.descriptor.digest) + indexes.map(\.digest) + [manifest.digest, configurationDigest])
    }
}

/// Finds the image that a reference names, for this machine.
struct ImageResolver: Sendable {
    let store: ImageStore
    let reference: Reference
    let sources: RegistrySources

    /// Enough for an index of indexes with every platform and attestation there is; a loop ends here.
    private static let maximumDepth = 4

    func resolve() async throws(ImageError) -> ResolvedImage {
        let (root, sources) = try await root()
        var indexes: [RegistryDocument] = []
        let manifest = try await select(root, from: sources, indexes: &indexes)
        return try await image(manifest, indexes: indexes, from: sources)
    }

    // MARK: Manifests

    /// What the reference itself names, and from where the rest is to be had.
    private func root() async throws(ImageError) -> (RegistryDocument, RegistrySources) {
        if let digest = reference.digest, let kept = try await kept(digest) { return (kept, sources) }
        let name = reference.digest.map { "\($0)" } ?? reference.tag ?? "latest"
        // Who pulls again mostly gets what is here already; asking for that is cheaper, and Docker Hub does not count it.
        let isHere = (try? store.image(reference.description)) != nil
        let (document, session) = try await sources.first { session, retry throws(ImageError) in
            if isHere, let digest = try? await session.digest(ofTag: name), let kept = try await kept(digest) {
                return kept
            }
            return try await retry.run { () throws(RegistryFault) in try await session.manifest(name) }
        }
        return (document, sources.from(session))
    }

    /// A document of the store, if it is there.
    private func kept(_ digest: Digest) async throws(ImageError) -> RegistryDocument? {
        try await BlockingCalls.run { [store] () throws(ImageError) in
            guard let region = try store.blobs.blob(digest), region.length <= Documents.maximumBytes else { return nil }
            let bytes = try region.bytes(limit: Documents.maximumBytes)
            guard try Documents.digest(of: bytes) == digest else { return nil }
            return RegistryDocument(bytes: bytes, digest: digest, mediaType: MediaType(rawValue: ""))
        }
    }

    /// Goes down from an index to the manifest for this machine.
    private func select(
        _ root: RegistryDocument, from sources: RegistrySources, indexes: inout [RegistryDocument]
    ) async throws(ImageError) -> RegistryDocument {
        var document = root
        while try isIndex(document) {
            guard indexes.count < Self.maximumDepth else {
                throw ImageError(.limitExceeded, "its indexes are nested more than \(Self.maximumDepth) deep")
            }
            indexes.append(document)
            let entries = try Documents.index(document.bytes, name: "index \(document.digest)").manifests
            let usable = entries.filter { $0.mediaType.isIndex || $0.mediaType.isManifest }
            guard let entry = usable.first(where: { $0.platform?.runs(on: store.host) ?? true }) else {
                let found = Set(usable.compactMap { $0.platform.map { Printable.text($0.description) } }).sorted()
                throw ImageError(
                    .wrongPlatform,
                    "the registry has it only for \(found.joined(separator: ", ")), and this machine is \(store.host)")
            }
            document = try await self.document(entry, from: sources)
        }
        return document
    }

    private func isIndex(_ document: RegistryDocument) throws(ImageError) -> Bool {
        let stated = try Documents.mediaType(of: document.bytes, name: "manifest \(document.digest)")
        let type = stated ?? document.mediaType
        if type.isIndex { return true }
        if type.isManifest { return false }
        if type.rawValue.contains("vnd.docker.distribution.manifest.v1") {
            throw ImageError(
                .unsupported, "it is kept in Docker's first manifest schema, which registries gave up; push it anew")
        }
        // A registry that is a plain file server names no type of its own.
        if stated == nil, !type.rawValue.hasPrefix("application/vnd.") {
            return try Documents.hasManifests(document.bytes)
        }
        throw ImageError(.unsupported, "it is no container image but a \(Printable.text(type.rawValue))")
    }

    private func document(
        _ descriptor: Descriptor, from sources: RegistrySources
    ) async throws(ImageError) -> RegistryDocument {
        guard (0...Int64(Documents.maximumBytes)).contains(descriptor.size) else {
            throw ImageError(
                .limitExceeded,
                "manifest \(descriptor.digest) has \(descriptor.size) bytes; it may have \(Documents.maximumBytes)")
        }
        var document = try await kept(descriptor.digest)
        if document == nil {
            document = try await sources.first { session, retry throws(ImageError) in
                try await retry.run { () throws(RegistryFault) in try await session.manifest("\(descriptor.digest)") }
            }.value
        }
        guard let document, Int64(document.bytes.count) == descriptor.size else {
            throw ImageError(
                .sizeMismatch,
                "manifest \(descriptor.digest) is not as long as the \(descriptor.size) bytes its index says")
        }
        return document
    }

    // MARK: Configuration and layers

    private func image(
        _ document: RegistryDocument, indexes: [RegistryDocument], from sources: RegistrySources
    ) async throws(ImageError) -> ResolvedImage {
        let manifest = try Documents.manifest(document.bytes, name: "manifest \(document.digest)")
        guard manifest.config.mediaType.isConfiguration else {
            throw ImageError(
                .unsupported,
                "it is no container image but an artifact of type \(Printable.text(manifest.config.mediaType.rawValue))"
            )
        }
        let bytes = try await configuration(manifest.config, from: sources)
        let configuration = try ImageConfiguration.checked(
            bytes, name: "configuration \(manifest.config.digest)", layers: manifest.layers.count, host: store.host)
        var layers: [ResolvedImage.Layer] = []
        for (descriptor, diffID) in zip(manifest.layers, configuration.rootfs.diffIDs) {
            guard descriptor.mediaType.isLayer else {
                throw ImageError(
                    .unsupported,
                    "layer \(descriptor.digest) has the media type \(Printable.text(descriptor.mediaType.rawValue)); "
                        + "Berth takes plain, gzip and zstd layers that the registry itself holds")
            }
            guard (0...store.limits.maximumBytes).contains(descriptor.size) else {
                throw ImageError(
                    .limitExceeded,
                    "layer \(descriptor.digest) has \(descriptor.size) bytes; a layer may have \(store.limits.maximumBytes)"
                )
            }
            layers.append(ResolvedImage.Layer(descriptor: descriptor, diffID: diffID))
        }
        return ResolvedImage(
            manifest: document, configuration: configuration, configurationBytes: bytes,
            configurationDigest: manifest.config.digest, layers: layers, indexes: indexes, sources: sources)
    }

    private func configuration(
        _ descriptor: Descriptor, from sources: RegistrySources
    ) async throws(ImageError) -> [UInt8] {
        guard (0...Int64(Documents.maximumBytes)).contains(descriptor.size) else {
            throw ImageError(
                .limitExceeded,
                "configuration \(descriptor.digest) has \(descriptor.size) bytes; it may have \(Documents.maximumBytes)"
            )
        }
        if let kept = try await kept(descriptor.digest), Int64(kept.bytes.count) == descriptor.size {
            return kept.bytes
        }
        return try await sources.first { session, retry throws(ImageError) in
            let blob = MemoryBlob()
            try await BlobDownload(session: session, descriptor: descriptor, sink: blob, retry: retry).run()
            return try blob.verified(descriptor.digest)
        }.value
    }
}
