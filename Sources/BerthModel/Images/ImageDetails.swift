/// All that the store knows of an image, as `berth image inspect` prints it.
public struct ImageDetails: Codable, Equatable, Sendable {
    /// What a container of the image runs, unless a task definition says otherwise.
    public struct Execution: Codable, Equatable, Sendable {
        /// Name or number, with or without a group behind a colon; nil for root.
        public var user: String?
        /// `NAME=value`.
        public var environment: [String]
        public var entryPoint: [String]
        public var command: [String]
        public var workingDirectory: String?
        /// Name or number; nil for SIGTERM.
        public var stopSignal: String?
        /// `80/tcp`; for the reader alone, they open nothing.
        public var exposedPorts: [String]
        /// Paths; for the reader alone, nothing is mounted there.
        public var volumes: [String]
        public var labels: [String: String]

        public init(
            user: String?, environment: [String], entryPoint: [String], command: [String], workingDirectory: String?,
            stopSignal: String?, exposedPorts: [String], volumes: [String], labels: [String: String]
        ) {
            self.user = user
            self.environment = environment
            self.entryPoint = entryPoint
            self.command = command
            self.workingDirectory = workingDirectory
            self.stopSignal = stopSignal
            self.exposedPorts = exposedPorts
            self.volumes = volumes
            self.labels = labels
        }
    }

    /// One layer of the image, with what it takes up packed and unpacked.
    public struct Layer: Codable, Equatable, Sendable {
        /// Of its tar, `sha256:…`.
        public var diffID: String
        /// Of its bytes as a registry or an archive had them.
        public var digest: String
        public var mediaType: String
        /// Bytes as a registry or an archive had them.
        public var compressedSize: Int64
        /// Bytes of its files, unpacked.
        public var size: Int64
        /// Whether the compressed bytes are kept, so that the image can be saved and pushed.
        public var isKept: Bool

        public init(
            diffID: String, digest: String, mediaType: String, compressedSize: Int64, size: Int64, isKept: Bool
        ) {
            self.diffID = diffID
            self.digest = digest
            self.mediaType = mediaType
            self.compressedSize = compressedSize
            self.size = size
            self.isKept = isKept
        }
    }

    /// A step of the build, as the builder tells it.
    public struct Step: Codable, Equatable, Sendable {
        /// RFC 3339.
        public var created: String?
        public var createdBy: String?
        public var comment: String?
        /// Bytes of its layer, unpacked; nil for a step that left none.
        public var size: Int64?

        public init(created: String?, createdBy: String?, comment: String?, size: Int64?) {
            self.created = created
            self.createdBy = createdBy
            self.comment = comment
            self.size = size
        }
    }

    /// The name it was asked for by, or its digest.
    public var name: String
    /// All of its names, as full references.
    public var names: [String]
    /// The manifest's, `sha256:…`.
    public var digest: String
    /// `linux/amd64`.
    public var platform: String
    /// RFC 3339, as the builder tells it.
    public var created: String?
    public var author: String?
    /// Bytes of the files of all layers, unpacked.
    public var size: Int64
    /// Bytes on the disk of all it needs, what it shares with other images included.
    public var diskSize: Int64
    /// Seconds since 1970.
    public var importedAt: Double
    /// Seconds since 1970, when it was last imported or pulled, or a task began or ended with it.
    public var usedAt: Double
    /// Whether a registry has it, so that it may be removed when it has not been used for long.
    public var isPulled: Bool
    /// The tasks that run on it.
    public var usedBy: [String]
    public var execution: Execution
    /// Lowest first.
    public var layers: [Layer]
    /// Oldest first.
    public var history: [Step]

    public init(
        name: String, names: [String], digest: String, platform: String, created: String?, author: String?,
        size: Int64, diskSize: Int64, importedAt: Double, usedAt: Double, isPulled: Bool, usedBy: [String],
        execution: Execution, layers: [Layer], history: [Step]
    ) {
        self.name = name
        self.names = names
        self.digest = digest
        self.platform = platform
        self.created = created
        self.author = author
        self.size = size
        self.diskSize = diskSize
        self.importedAt = importedAt
        self.usedAt = usedAt
        self.isPulled = isPulled
        self.usedBy = usedBy
        self.execution = execution
        self.layers = layers
        self.history = history
    }
}
