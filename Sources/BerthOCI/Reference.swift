/// The name of an image as Docker users write it, completed: `busybox` is `docker.io/library/busybox:latest`.
///
/// A name is `[domain/]path[:tag][@digest]`. The first part is a domain only if it holds a dot or a colon, is in
/// brackets, is not all lower case, or is `localhost`; otherwise the whole is a path on Docker Hub.
public struct Reference: Hashable, Sendable, CustomStringConvertible {
    /// The registry's host, with its port if one was given, for example `docker.io` or `localhost:5000`.
    public let domain: String
    /// The repository's path on the registry, for example `library/busybox`.
    public let path: String
    /// The tag; `latest` if neither tag nor digest was given, nil if only a digest was.
    public let tag: String?
    /// Counts before the tag when both were given: the tag is then for the reader.
    public let digest: Digest?

    /// Why a text is no reference; continues "… is no image reference: ".
    public struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// Reads a reference as Docker users write it.
    public init(_ text: String) throws(Malformed) {
        var rest = Substring(text)
        var digest: Digest?
        if let at = rest.firstIndex(of: "@") {
            guard let parsed = Digest(String(rest[rest.index(after: at)...])) else {
                throw Malformed(description: "what follows the @ must be sha256: and 64 lower-case hexadecimal digits")
            }
            digest = parsed
            rest = rest[..<at]
        }
        let (domain, remainder) = ReferenceGrammar.splitDomain(rest)
        rest = remainder
        var tag: String?
        if let colon = rest.lastIndex(of: ":") {
            tag = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        try self.init(domain: domain, path: String(rest), tag: tag, digest: digest)
    }

    private init(domain: String?, path: String, tag: String?, digest: Digest?) throws(Malformed) {
        if let tag, !ReferenceGrammar.isTag(tag) {
            throw Malformed(
                description: "a tag is 1 to 128 letters, digits, '_', '.' or '-', and begins with none of the last two")
        }
        guard ReferenceGrammar.isPath(path) else {
            throw Malformed(
                description:
                    "a repository is lower-case letters and digits, parted by '.', '_', '__' or '-', and by '/'")
        }
        if let domain, !ReferenceGrammar.isDomain(domain) {
            throw Malformed(
                description: "\"\(domain)\" is no registry: a host name or address with an optional port is")
        }
        if domain == nil, Digest(hex: path) != nil {
            throw Malformed(
                description: "64 hexadecimal digits could be a digest; write sha256: before them if they are")
        }
        let isHub = domain == nil || domain == "docker.io" || domain == "index.docker.io"
        self.domain = isHub ? "docker.io" : domain ?? "docker.io"
        self.path = isHub && !path.contains("/") ? "library/\(path)" : path
        self.tag = tag ?? (digest == nil ? "latest" : nil)
        self.digest = digest
        // The distribution specification's limit, which registries and clients share.
        guard repository.utf8.count <= 255 else {
            throw Malformed(description: "registry and repository together are longer than 255 bytes")
        }
    }

    /// Domain and path, for example `docker.io/library/busybox`.
    public var repository: String { "\(domain)/\(path)" }

    /// The full name, for example `docker.io/library/busybox:latest`.
    public var description: String {
        repository + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }
}

extension Reference {
    /// Whether a text can name a repository on a registry: the path of a reference, without domain, tag or digest.
    public static func isRepositoryPath(_ text: String) -> Bool { ReferenceGrammar.isPath(text) }

    /// Whether a text can be a tag.
    public static func isTag(_ text: String) -> Bool { ReferenceGrammar.isTag(text) }
}
