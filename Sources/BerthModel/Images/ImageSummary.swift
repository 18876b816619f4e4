/// An image of the store, as `berth image ls` shows it.
public struct ImageSummary: Codable, Equatable, Sendable {
    /// The full reference, for example `docker.io/library/busybox:latest`.
    public var name: String
    /// The manifest's digest, `sha256:…`.
    public var digest: String
    /// Bytes of all layers, unpacked.
    public var size: Int64
    /// How many it has.
    public var layers: Int
    /// `linux/amd64`.
    public var platform: String
    /// Seconds since 1970 when it was imported.
    public var importedAt: Double

    public init(name: String, digest: String, size: Int64, layers: Int, platform: String, importedAt: Double) {
        self.name = name
        self.digest = digest
        self.size = size
        self.layers = layers
        self.platform = platform
        self.importedAt = importedAt
    }
}
