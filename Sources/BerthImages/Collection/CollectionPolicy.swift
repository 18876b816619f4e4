/// When garbage is collected, and what images are given up before anybody asks.
///
/// Only images that can be had again go by themselves: those a registry has, and those that have lost their tag to a
/// newer one. What was imported from a file under a name stays until somebody removes it.
public struct CollectionPolicy: Equatable, Sendable {
    /// Bytes on the disk that blobs and layers may take up together; beyond it the images go that were used longest
    /// ago. Nil: as much as there is.
    public var maximumBytes: Int64?
    /// Seconds without use after which an image goes. Nil: never.
    public var unusedFor: Int64? = 30 * 24 * 3600
    /// Seconds that blobs and layers stay which nothing needs: an import or a push that failed is often tried again.
    public var unreferencedFor: Int64 = 24 * 3600
    /// Seconds between two collections.
    public var interval: Int64 = 3600

    /// What the daemon does by default.
    public init() {}

    /// Removes nothing but what nothing needs, and that at once.
    static var unreferencedOnly: CollectionPolicy {
        var policy = CollectionPolicy()
        policy.unusedFor = nil
        policy.unreferencedFor = 0
        return policy
    }
}

/// What a collection has removed.
public struct CollectionReport: Equatable, Sendable {
    /// The images' names, or digests of those without.
    public var images: [String] = []
    /// How many blobs and layers.
    public var blobs = 0
    /// How many unpacked layers and flattened images.
    public var layers = 0
    /// Bytes that they took up on the disk.
    public var freedBytes: Int64 = 0

    /// Whether nothing was there to remove.
    public var isEmpty: Bool { images.isEmpty && blobs == 0 && layers == 0 }
}
