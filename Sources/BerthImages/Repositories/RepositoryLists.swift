import BerthOCI
import GRDB

extension Repositories {
    /// Tags in the order of their bytes, those after `after`.
    public func tags(in name: RepositoryName, after: String?, limit: Int) throws(RepositoryError) -> [String] {
        try read { database in
            let (id, _) = try Self.found(name, in: database)
            return try String.fetchAll(
                database, sql: "SELECT tag FROM repository_tag WHERE repository = ? AND tag > ? ORDER BY tag LIMIT ?",
                arguments: [id, after ?? "", limit])
        }
    }

    /// Manifests in the order of their digests, those after `after`.
    ///
    /// - Parameter isTagged: whether they have a tag; nil for all.
    public func manifests(
        in name: RepositoryName, isTagged: Bool?, after: String?, limit: Int
    ) throws(RepositoryError) -> [KeptManifest] {
        try read { database in
            let (id, _) = try Self.found(name, in: database)
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM repository_manifest AS manifest
                    WHERE repository = :repository AND digest > :after
                        AND (:tagged IS NULL OR :tagged = EXISTS (
                            SELECT 1 FROM repository_tag AS tag
                            WHERE tag.repository = manifest.repository AND tag.digest = manifest.digest))
                    ORDER BY digest LIMIT :limit
                    """, arguments: ["repository": id, "after": after ?? "", "tagged": isTagged, "limit": limit]
            ).compactMap { try Self.manifest(of: $0, repository: id, in: database) }
        }
    }

    /// What images are called: every tag with its manifest, and manifests without a tag; those after `after`.
    public func imageNames(
        in name: RepositoryName, isTagged: Bool?, after: String?, limit: Int
    ) throws(RepositoryError) -> [ImageName] {
        let place = after?.split(separator: " ", omittingEmptySubsequences: false).map(String.init) ?? []
        return try read { database in
            let (id, _) = try Self.found(name, in: database)
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT manifest.digest, tag.tag FROM repository_manifest AS manifest
                    LEFT JOIN repository_tag AS tag
                        ON tag.repository = manifest.repository AND tag.digest = manifest.digest
                    WHERE manifest.repository = :repository AND (:tagged IS NULL OR :tagged = (tag.tag IS NOT NULL))
                        AND (manifest.digest, ifnull(tag.tag, '')) > (:digest, :tag)
                    ORDER BY manifest.digest, tag.tag LIMIT :limit
                    """,
                arguments: [
                    "repository": id, "tagged": isTagged, "digest": place.first ?? "",
                    "tag": place.count > 1 ? place[1] : "", "limit": limit,
                ]
            ).compactMap { row in
                let text: String = row[0]
                return Digest(text).map { ImageName(digest: $0, tag: row[1]) }
            }
        }
    }

    /// One manifest without its bytes; it does not count as pulled.
    ///
    /// - Throws: ``RepositoryError/manifestUnknown(_:_:)``.
    public func describe(
        _ reference: ManifestReference, in name: RepositoryName
    ) throws(RepositoryError) -> KeptManifest {
        try read { database in
            let (id, _) = try Self.found(name, in: database)
            return try Self.manifest(reference, of: name, repository: id, in: database)
        }
    }

    /// What says something about a manifest (signatures, attestations), in the order of digests, those after `after`.
    ///
    /// The subject need not be there (distribution specification, "Listing Referrers").
    public func referrers(
        of subject: Digest, artifactType: String?, in name: RepositoryName, after: String?, limit: Int
    ) throws(RepositoryError) -> [KeptManifest] {
        try read { database in
            let (id, _) = try Self.found(name, in: database)
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM repository_manifest
                    WHERE repository = :repository AND subject = :subject AND digest > :after
                        AND (:type IS NULL OR artifact_type = :type)
                    ORDER BY digest LIMIT :limit
                    """,
                arguments: [
                    "repository": id, "subject": subject.description, "after": after ?? "", "type": artifactType,
                    "limit": limit,
                ]
            ).compactMap { try Self.manifest(of: $0, repository: id, in: database) }
        }
    }
}

/// A manifest and one of its tags.
public struct ImageName: Equatable, Sendable {
    /// The manifest's.
    public var digest: Digest
    /// Nil for a manifest without one.
    public var tag: String?

    /// Its place in a list.
    public var place: String { "\(digest) \(tag ?? "")" }
}
