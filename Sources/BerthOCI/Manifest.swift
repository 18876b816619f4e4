/// An image manifest: its configuration and its layers, lowest first (image-spec, manifest.md).
public struct Manifest: Codable, Equatable, Sendable {
    /// 2; Docker's first manifests, with 1, are another document.
    public var schemaVersion: Int
    /// The document's own statement, which may be missing; what carried it says it too.
    public var mediaType: MediaType?
    public var config: Descriptor
    public var layers: [Descriptor]
    public var annotations: [String: String]?

    public init(config: Descriptor, layers: [Descriptor], annotations: [String: String]? = nil) {
        schemaVersion = 2
        mediaType = .manifest
        self.config = config
        self.layers = layers
        self.annotations = annotations
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        schemaVersion = try container.decode(Int.self, forKey: .schemaVersion)
        mediaType = try container.decodeIfPresent(MediaType.self, forKey: .mediaType)
        config = try container.decode(Descriptor.self, forKey: .config)
        // Go writes an empty list as null, but never leaves the key out.
        layers = try container.decode([Descriptor]?.self, forKey: .layers) ?? []
        annotations = try container.decodeIfPresent([String: String].self, forKey: .annotations)
    }
}
