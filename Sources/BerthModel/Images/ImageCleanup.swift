/// What `berth image rm` has done.
public struct ImageRemoved: Codable, Equatable, Sendable {
    /// Names that are gone.
    public var untagged: [String]
    /// The digest of an image that is gone itself; nil if other names or a repository keep it.
    public var deleted: String?
    /// Bytes on the disk.
    public var freedBytes: Int64

    public init(untagged: [String], deleted: String?, freedBytes: Int64) {
        self.untagged = untagged
        self.deleted = deleted
        self.freedBytes = freedBytes
    }
}

/// What `berth image prune` has removed.
public struct ImagesPruned: Codable, Equatable, Sendable {
    /// Names of images, or digests of those without.
    public var images: [String]
    /// Manifests, configurations and compressed layers that went with them or belonged to none.
    public var blobs: Int
    /// Unpacked layers, likewise.
    public var layers: Int
    /// Bytes on the disk.
    public var freedBytes: Int64

    public init(images: [String], blobs: Int, layers: Int, freedBytes: Int64) {
        self.images = images
        self.blobs = blobs
        self.layers = layers
        self.freedBytes = freedBytes
    }
}

/// What all images take up on the disk, in bytes as du(1) counts them.
public struct ImageDiskUse: Codable, Equatable, Sendable {
    /// How many there are.
    public var images: Int
    /// Manifests, configurations and compressed layers.
    public var blobs: Int64
    /// Unpacked layers.
    public var layers: Int64
    /// Of both, what no image, repository or pull needs.
    public var unused: Int64
    /// Downloads, uploads and layers that are not finished.
    public var unfinished: Int64
    /// Removed, but not yet off the disk.
    public var trash: Int64

    public init(images: Int, blobs: Int64, layers: Int64, unused: Int64, unfinished: Int64, trash: Int64) {
        self.images = images
        self.blobs = blobs
        self.layers = layers
        self.unused = unused
        self.unfinished = unfinished
        self.trash = trash
    }
}
