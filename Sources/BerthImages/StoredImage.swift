import BerthOCI

/// An image of the store, ready to run.
public struct StoredImage: Equatable, Sendable {
    /// The full reference, for example `docker.io/library/busybox:latest`, or `docker.io/library/busybox@sha256:…` once
    /// its tag has gone to another image.
    public var name: String
    /// The manifest's.
    public var digest: Digest
    /// What a task needs of it; history, labels, volumes and ports only from ``ImageStore/inspect(_:)``.
    public var configuration: ImageConfiguration
    /// Absolute paths of the unpacked layers, lowest first, as an overlay needs them: layers that a higher one hides
    /// as a whole are left out.
    public var layers: [String]
    /// A directory to lie below all layers, with what the runtime mounts something on; nil for none.
    public var mountPoints: String?
    /// The directory that holds all of these, and is cloned with ids mapped.
    public var layersRoot: String
    /// Bytes of the files of all its layers, unpacked.
    public var size: Int64
    /// The configuration's; this machine runs it.
    public var platform: Platform
    /// Seconds since 1970.
    public var importedAt: Double

    /// What an overlay is made of, lowest first; the kernel takes 500 directories (OVL_MAX_STACK of fs/overlayfs).
    public var lowerDirectories: [String] { (layers.count < 500 ? [mountPoints].compactMap(\.self) : []) + layers }

    public init(
        name: String, digest: Digest, configuration: ImageConfiguration, layers: [String], layersRoot: String,
        size: Int64,
        platform: Platform, importedAt: Double
    ) {
        self.name = name
        self.digest = digest
        self.configuration = configuration
        self.layers = layers
        self.layersRoot = layersRoot
        self.size = size
        self.platform = platform
        self.importedAt = importedAt
    }
}
