import BerthOCI

/// A repository of the registry inside.
public struct Repository: Equatable, Sendable {
    /// Unique in the registry.
    public var name: RepositoryName
    /// Milliseconds since 1970.
    public var created: Int64
    /// What its owner has set.
    public var settings: RepositorySettings
    /// AWS's tags of the resource, not those of images.
    public var labels: [String: String]

    public init(name: RepositoryName, created: Int64, settings: RepositorySettings, labels: [String: String]) {
        self.name = name
        self.created = created
        self.settings = settings
        self.labels = labels
    }
}

/// What ECR lets one set on a repository. Kept as JSON, so that a later version may add members.
public struct RepositorySettings: Codable, Equatable, Sendable {
    /// Which tags may be given to another image.
    public var mutability = TagMutability()
    /// Kept and told; Berth scans nothing.
    public var scanOnPush = false
    /// Kept and told: `AES256` or `KMS`. What encrypts the store is the host's disk.
    public var encryption = "AES256"
    /// With `KMS`: the key that was named.
    public var kmsKey: String?
    /// JSON texts, kept as they came.
    public var policy: String?
    /// A JSON text, kept as it came; nothing carries it out.
    public var lifecyclePolicy: String?

    public init() {}
}

/// Whether a tag that is there may be given to another image.
public struct TagMutability: Codable, Equatable, Sendable {
    /// ECR's names: `MUTABLE`, `IMMUTABLE`, and both with exclusions.
    public enum Mode: String, Codable, Equatable, Sendable, CaseIterable {
        case mutable = "MUTABLE"
        case immutable = "IMMUTABLE"
        case immutableWithExclusion = "IMMUTABLE_WITH_EXCLUSION"
        case mutableWithExclusion = "MUTABLE_WITH_EXCLUSION"
    }

    public var mode = Mode.mutable
    /// Patterns of tags, with `*` for any run of characters, for which the opposite holds.
    public var exclusions: [String] = []

    public init(mode: Mode = .mutable, exclusions: [String] = []) {
        self.mode = mode
        self.exclusions = exclusions
    }

    /// Whether a tag stays with the image that has it.
    public func isImmutable(_ tag: String) -> Bool {
        switch mode {
        case .mutable: false
        case .immutable: true
        case .immutableWithExclusion: !excludes(tag)
        case .mutableWithExclusion: excludes(tag)
        }
    }

    private func excludes(_ tag: String) -> Bool {
        exclusions.contains { Self.matches(Array(tag.utf8)[...], Array($0.utf8)[...]) }
    }

    /// Greedy matching with one step back to the last star, which is enough for stars and linear in practice.
    private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        var text = text
        var pattern = pattern
        var retry: (text: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
        while let byte = text.first {
            if pattern.first == UInt8(ascii: "*") {
                pattern = pattern.dropFirst()
                retry = (text, pattern)
            } else if pattern.first == byte {
                text = text.dropFirst()
                pattern = pattern.dropFirst()
            } else if let last = retry {
                text = last.text.dropFirst()
                pattern = last.pattern
                retry = (text, pattern)
            } else {
                return false
            }
        }
        return pattern.allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

/// A manifest or index that a repository holds, without its bytes.
public struct KeptManifest: Equatable, Sendable {
    /// Of its bytes as they were pushed.
    public var digest: Digest
    /// The request's, or the document's own.
    public var mediaType: MediaType
    /// Bytes of the document.
    public var size: Int64
    /// Bytes of configuration and layers as they were pushed; of an index those of its largest image.
    public var imageSize: Int64
    /// What kind of artifact it is: its own statement, else the media type of its configuration.
    public var artifactType: String?
    /// The manifest that this one says something about.
    public var subject: Digest?
    /// The document's; nil if it has none.
    public var annotations: [String: String]?
    /// Milliseconds since 1970.
    public var pushed: Int64
    /// When a client last asked for it, in milliseconds since 1970, to the minute.
    public var pulled: Int64?
    /// In alphabetical order.
    public var tags: [String]
}
