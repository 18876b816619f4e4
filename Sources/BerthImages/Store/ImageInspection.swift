import BerthOCI
import BerthUnpack
import GRDB

/// All that the store knows of an image.
public struct ImageInspection: Equatable, Sendable {
    /// A layer as the manifest lists it and as it lies on the disk.
    public struct Layer: Equatable, Sendable {
        /// SHA-256 of its tar.
        public var diffID: Digest
        /// As the manifest has it: of the bytes a registry or an archive had.
        public var descriptor: Descriptor
        /// Bytes of its files, unpacked.
        public var size: Int64
        /// Whether its compressed bytes are kept, so that it can be saved and pushed.
        public var isKept: Bool
    }

    /// With its whole configuration.
    public var image: StoredImage
    /// All of its names, in alphabetical order.
    public var names: [String]
    /// As it was pulled, pushed or imported.
    public var manifest: Manifest
    /// Lowest first, also those that a higher one hides.
    public var layers: [Layer]
    /// Bytes on the disk of all it needs, what it shares with other images included.
    public var diskSize: Int64
    /// Seconds since 1970.
    public var usedAt: Double
    /// Whether a registry has it, so that it may be removed when it has not been used for long.
    public var isPulled: Bool
    /// The tasks that run on it.
    public var users: [String]
}

extension ImageStore {
    /// All that is known of an image; reads its manifest.
    ///
    /// - Throws: as ``image(_:)``.
    public func inspect(_ reference: String) throws(ImageError) -> ImageInspection {
        try measure()
        var image = try image(reference)
        let (manifest, configuration) = try Self.documents(image.digest, from: directories)
        image.configuration = configuration
        var layers: [ImageInspection.Layer] = []
        for (diffID, descriptor) in zip(configuration.rootfs.diffIDs, manifest.layers) {
            layers.append(
                .init(
                    diffID: diffID, descriptor: descriptor, size: try self.layers.layer(diffID)?.size ?? 0,
                    isKept: try blobs.size(descriptor.digest) != nil))
        }
        let row = try database.query { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT used, pulled, (
                        SELECT coalesce(sum(disk), 0) FROM (
                            SELECT digest, disk FROM blob UNION ALL SELECT digest, disk FROM layer
                        ) JOIN image_part USING (digest) WHERE image_part.image = image.digest
                    ) FROM image WHERE digest = ?
                    """, arguments: [image.digest.hex]
            ).map { (used: $0[0] as Int64, pulled: $0[1] as Bool, disk: $0[2] as Int64) }
        }
        guard let row else { throw ImageError(.notFound, "the image \(image.name) was removed just now") }
        return ImageInspection(
            image: image, names: catalog.withLock { $0.names(of: image.digest) }, manifest: manifest, layers: layers,
            diskSize: row.disk, usedAt: Double(holds.lastUse(of: image.digest) ?? row.used) / 1000,
            isPulled: row.pulled, users: holds.users(of: image.digest))
    }
}
