/// A reference to a blob: what it is, how long it is, and what its bytes hash to (image-spec, descriptor.md).
public struct Descriptor: Codable, Equatable, Sendable {
    public var mediaType: MediaType
    /// Of the blob's bytes as they are stored, a layer's compression included.
    public var digest: Digest
    /// Bytes; a document may state anything, so readers check that it is not negative.
    public var size: Int64
    /// In an index: what the manifest is for. Nil elsewhere, and where a builder left it out.
    public var platform: Platform?
    public var annotations: [String: String]?
    /// What kind of artifact a manifest holds; in answers about referrers.
    public var artifactType: String?

    public init(
        mediaType: MediaType, digest: Digest, size: Int64, platform: Platform? = nil,
        annotations: [String: String]? = nil, artifactType: String? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.annotations = annotations
        self.artifactType = artifactType
    }
}

/// Annotation keys that name an image.
public enum AnnotationKey {
    /// The specification's: a tag, or a whole name as podman and skopeo write it.
    public static let referenceName = "org.opencontainers.image.ref.name"
    /// containerd's and Docker's: always the whole name.
    public static let containerdImageName = "io.containerd.image.name"
}
