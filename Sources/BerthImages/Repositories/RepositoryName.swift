import BerthOCI

/// The name of a repository of the registry inside, for example `team/etl`.
///
/// It is text only: it names rows, never a file. ECR's bounds count, 2 to 256 bytes, and the grammar that ECR and the
/// distribution specification share.
public struct RepositoryName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// As it is written: `team/app`.
    public let description: String

    /// Nil for what no repository can be called.
    public init?(_ text: String) {
        guard (2...256).contains(text.utf8.count), Reference.isRepositoryPath(text) else { return nil }
        description = text
    }

    /// A name that a row of the database holds.
    init(stored text: String) { description = text }

    public static func < (left: RepositoryName, right: RepositoryName) -> Bool { left.description < right.description }
}

/// What names a manifest of a repository: one of its tags, or its digest.
public enum ManifestReference: Hashable, Sendable, CustomStringConvertible {
    case tag(String)
    case digest(Digest)

    /// Nil for what is neither a tag nor a digest of SHA-256 in lower case.
    public init?(_ text: String) {
        if let digest = Digest(text) {
            self = .digest(digest)
        } else if Reference.isTag(text) {
            self = .tag(text)
        } else {
            return nil
        }
    }

    public var description: String {
        switch self {
        case .tag(let tag): tag
        case .digest(let digest): digest.description
        }
    }
}
