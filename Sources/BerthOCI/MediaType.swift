/// What a blob is, by the media types of the image specification and of Docker's distribution manifests.
public struct MediaType: Hashable, Sendable, RawRepresentable {
    /// As the document or the header has it; any text is taken, and compared as it is.
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let index = MediaType(rawValue: "application/vnd.oci.image.index.v1+json")
    public static let manifest = MediaType(rawValue: "application/vnd.oci.image.manifest.v1+json")
    public static let configuration = MediaType(rawValue: "application/vnd.oci.image.config.v1+json")
    public static let layer = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar")
    public static let layerGzip = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+gzip")
    public static let layerZstd = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+zstd")

    public static let dockerIndex = MediaType(rawValue: "application/vnd.docker.distribution.manifest.list.v2+json")
    public static let dockerManifest = MediaType(rawValue: "application/vnd.docker.distribution.manifest.v2+json")
    public static let dockerConfiguration = MediaType(rawValue: "application/vnd.docker.container.image.v1+json")
    public static let dockerLayer = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar")
    public static let dockerLayerGzip = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.gzip")
    public static let dockerLayerZstd = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.zstd")

    /// An index (OCI) or manifest list (Docker).
    public var isIndex: Bool { self == .index || self == .dockerIndex }
    /// An image manifest of either kind.
    public var isManifest: Bool { self == .manifest || self == .dockerManifest }
    /// An image configuration of either kind.
    public var isConfiguration: Bool { self == .configuration || self == .dockerConfiguration }
    /// A layer whose bytes stand beside the manifest.
    ///
    /// Non-distributable ("foreign") layers are not: their bytes come from addresses the image names, and image data
    /// never steers Berth.
    public var isLayer: Bool {
        [.layer, .layerGzip, .layerZstd, .dockerLayer, .dockerLayerGzip, .dockerLayerZstd].contains(self)
    }
}

extension MediaType: Codable, CustomStringConvertible {
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    public var description: String { rawValue }
}
