import BerthImages
import BerthOCI
import Hummingbird

/// What a path under `/v2/` names (distribution specification, "Endpoints").
///
/// A path is read from its end, because a repository's name may hold words such as `blobs`. Everything that comes out is
/// checked: a name is a ``RepositoryName``, a digest a `Digest`, so nothing here can climb out of anything.
enum RegistryRoute: Equatable, Sendable {
    /// `/v2/`, which asks whether there is a registry and who one is.
    case base
    case catalog
    case blob(RepositoryName, Digest)
    case uploads(RepositoryName)
    case upload(RepositoryName, id: String)
    case manifest(RepositoryName, ManifestReference)
    /// What no tag can be: nothing has it, and nothing can get it.
    case impossibleTag(RepositoryName, String)
    case tags(RepositoryName)
    case referrers(RepositoryName, Digest)

    static let prefix = "/v2"

    /// Whether a request is the registry's to answer.
    static func owns(_ path: Substring) -> Bool { path == prefix || path.hasPrefix("\(prefix)/") }

    /// Reads a path as it was on the wire.
    ///
    /// - Throws: ``RegistryFault`` for a name or digest that breaks its grammar, and for what no such path is.
    init(_ path: Substring) throws(RegistryFault) {
        var segments = path.dropFirst(Self.prefix.count).utf8
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
            .map { String(decoding: PercentEncoding.decode($0, form: false), as: UTF8.self) }
        // `/v2/` and `…/blobs/uploads/` are written with and without their last slash.
        if segments.last == "" { segments.removeLast() }
        if segments.isEmpty {
            self = .base
        } else if segments == ["_catalog"] {
            self = .catalog
        } else if segments.count >= 3 {
            self = try Self.inRepository(segments)
        } else {
            throw .notFound
        }
    }

    private static func inRepository(_ segments: [String]) throws(RegistryFault) -> RegistryRoute {
        let last = segments[segments.count - 1]
        let kind = segments[segments.count - 2]
        if segments.count >= 4, segments[segments.count - 3] == "blobs", kind == "uploads" {
            return .upload(try name(segments.dropLast(3)), id: last)
        }
        switch (kind, last) {
        case ("blobs", "uploads"): return .uploads(try name(segments.dropLast(2)))
        case ("blobs", _): return .blob(try name(segments.dropLast(2)), try digest(last))
        case ("referrers", _): return .referrers(try name(segments.dropLast(2)), try digest(last))
        case ("tags", "list"): return .tags(try name(segments.dropLast(2)))
        case ("manifests", _):
            let name = try name(segments.dropLast(2))
            if let reference = ManifestReference(last) { return .manifest(name, reference) }
            if last.contains(":") { throw .digestInvalid(last) }
            return .impossibleTag(name, last)
        default: throw .notFound
        }
    }

    static func name(_ segments: some Sequence<String>) throws(RegistryFault) -> RepositoryName {
        let text = segments.joined(separator: "/")
        guard let name = RepositoryName(text) else { throw .nameInvalid(text) }
        return name
    }

    static func digest(_ text: String) throws(RegistryFault) -> Digest {
        guard let digest = Digest(text) else { throw .digestInvalid(text) }
        return digest
    }
}
