/// An image's configuration document: what to run, for which platform, and the DiffIDs of its layers (image-spec,
/// config.md).
public struct ImageConfiguration: Codable, Equatable, Sendable {
    /// What a container of the image runs, unless a task definition says otherwise.
    public struct Execution: Codable, Equatable, Sendable {
        /// `user`, `uid`, `user:group` and so on; nil or empty is root.
        public var user: String?
        /// `NAME=value`, in order.
        public var environment: [String]?
        /// What runs, in front of ``command``; nil or empty leaves that alone.
        public var entryPoint: [String]?
        /// Arguments of the entry point, or the whole command line without one.
        public var command: [String]?
        /// Nil or empty is `/`.
        public var workingDirectory: String?
        /// A name such as `SIGTERM`, or a number.
        public var stopSignal: String?
        /// Keys such as `80/tcp`.
        public var exposedPorts: [String: Nothing]?
        /// Paths that Docker would mount an anonymous volume on.
        public var volumes: [String: Nothing]?
        public var labels: [String: String]?

        public init(
            user: String? = nil, environment: [String]? = nil, entryPoint: [String]? = nil, command: [String]? = nil,
            workingDirectory: String? = nil, stopSignal: String? = nil, labels: [String: String]? = nil
        ) {
            self.user = user
            self.environment = environment
            self.entryPoint = entryPoint
            self.command = command
            self.workingDirectory = workingDirectory
            self.stopSignal = stopSignal
            self.labels = labels
        }

        private enum CodingKeys: String, CodingKey {
            case user = "User"
            case environment = "Env"
            case entryPoint = "Entrypoint"
            case command = "Cmd"
            case workingDirectory = "WorkingDir"
            case stopSignal = "StopSignal"
            case exposedPorts = "ExposedPorts"
            case volumes = "Volumes"
            case labels = "Labels"
        }
    }

    /// The empty object that Go's sets are written with.
    public struct Nothing: Codable, Equatable, Sendable {
        public init() {}
    }

    /// The layers that make the root filesystem, by their content.
    public struct RootFilesystem: Codable, Equatable, Sendable {
        /// Always `layers`.
        public var type: String
        /// SHA-256 of each layer's uncompressed tar, lowest layer first.
        public var diffIDs: [Digest]

        public init(diffIDs: [Digest]) {
            type = "layers"
            self.diffIDs = diffIDs
        }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            type = try container.decode(String.self, forKey: .type)
            // Go writes an empty list as null, but never leaves the key out.
            diffIDs = try container.decode([Digest]?.self, forKey: .diffIDs) ?? []
        }

        private enum CodingKeys: String, CodingKey {
            case type
            case diffIDs = "diff_ids"
        }
    }

    /// How a layer came to be, as the builder tells it.
    public struct History: Codable, Equatable, Sendable {
        /// RFC 3339.
        public var created: String?
        /// The command that made it, as the builder writes it.
        public var createdBy: String?
        public var author: String?
        public var comment: String?
        /// True for a step that left no layer.
        public var emptyLayer: Bool?

        private enum CodingKeys: String, CodingKey {
            case created, author, comment
            case createdBy = "created_by"
            case emptyLayer = "empty_layer"
        }
    }

    /// RFC 3339.
    public var created: String?
    /// In Go's words, as in ``Platform``.
    public var architecture: String
    public var os: String
    public var variant: String?
    public var config: Execution?
    public var rootfs: RootFilesystem
    /// Oldest first; as many of them as have a layer belong to the layers in order, if it is there at all.
    public var history: [History]?

    /// The least that a document needs.
    public init(platform: Platform, config: Execution? = nil, diffIDs: [Digest]) {
        architecture = platform.architecture
        os = platform.os
        variant = platform.variant
        self.config = config
        rootfs = RootFilesystem(diffIDs: diffIDs)
    }

    /// The three members above as one.
    public var platform: Platform { Platform(architecture: architecture, os: os, variant: variant) }
}
