/// An image index: one image for several platforms, or the table of contents of a layout (image-spec, image-index.md).
public struct Index: Codable, Equatable, Sendable {
    /// Always 2.
    public var schemaVersion: Int
    /// The document's own statement, which may be missing; what carried it says it too.
    public var mediaType: MediaType?
    /// Manifests, or further indexes.
    public var manifests: [Descriptor]
    public var annotations: [String: String]?

    public init(manifests: [Descriptor], annotations: [String: String]? = nil) {
        schemaVersion = 2
        mediaType = .index
        self.manifests = manifests
        self.annotations = annotations
    }
}
