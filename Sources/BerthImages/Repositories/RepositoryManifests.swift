import BerthOCI
import BerthUnpack
import Foundation
import GRDB

extension Repositories {
    /// Bytes that a manifest may have: what the distribution specification asks a registry to take at least.
    public static let manifestLimit = Documents.maximumBytes

    /// A manifest with its bytes, exactly as they were pushed.
    ///
    /// - Throws: ``RepositoryError/manifestUnknown(_:_:)``.
    public func manifest(
        _ reference: ManifestReference, in name: RepositoryName
    ) throws(RepositoryError) -> (manifest: KeptManifest, bytes: [UInt8]) {
        let manifest = try pull(reference, in: name)
        guard let region = try storing({ () throws(ImageError) in try store.blobs.blob(manifest.digest) }) else {
            throw .storage(
                ImageError(.notFound, "the bytes of \(manifest.digest) are gone from the image store; push it again"))
        }
        return (manifest, try storing { () throws(ImageError) in try region.bytes(limit: Self.manifestLimit) })
    }

    /// A manifest without its bytes, by someone who uses the image.
    func pull(_ reference: ManifestReference, in name: RepositoryName) throws(RepositoryError) -> KeptManifest {
        let time = now()
        let (id, manifest) = try read { database in
            let (id, _) = try Self.found(name, in: database)
            return (id, try Self.manifest(reference, of: name, repository: id, in: database))
        }
        // To the minute, so that a busy image costs no write a pull.
        if time - (manifest.pulled ?? 0) > 60_000 {
            try write { database in
                try database.execute(
                    sql: "UPDATE repository_manifest SET pulled = ? WHERE repository = ? AND digest = ?",
                    arguments: [time, id, manifest.digest.description])
            }
        }
        return manifest
    }

    /// Keeps a manifest, and gives it a tag when it is pushed by one.
    ///
    /// - Parameters:
    ///   - mediaType: the request's; nil for the manifest's own.
    ///   - reference: the tag to give it, or the digest it must have; nil for neither.
    ///   - digest: the digest it must have, beside a tag.
    /// - Throws: ``RepositoryError/manifestInvalid(_:)``, ``RepositoryError/manifestIncomplete(blobs:manifests:)``,
    ///   ``RepositoryError/digestMismatch(_:)``, ``RepositoryError/tagImmutable(_:_:)``.
    public func put(
        _ bytes: [UInt8], mediaType: String?, as reference: ManifestReference?, expecting expected: Digest? = nil,
        in name: RepositoryName
    ) throws(RepositoryError) -> (manifest: KeptManifest, isNew: Bool) {
        let digest = try storing { () throws(ImageError) in try Documents.digest(of: bytes) }
        var expected = expected
        if case .digest(let given) = reference { expected = given }
        if let expected, expected != digest {
            throw .digestMismatch("the manifest hashes to \(digest), not to \(expected)")
        }
        guard bytes.count <= Self.manifestLimit else {
            throw .manifestInvalid("it has \(bytes.count) bytes; a manifest may have \(Self.manifestLimit)")
        }
        let document = try PushedManifest(bytes, declared: mediaType)
        // Refused before its bytes are kept, and once more where it counts, in the transaction.
        _ = try read { database in
            try check(document, digest, reference, try Self.found(name, in: database), in: database)
        }
        try storing { () throws(ImageError) in try store.blobs.put(bytes, as: digest, synced: true) }
        let time = now()
        let result = try write { database in
            let found = try Self.found(name, in: database)
            let size = try check(document, digest, reference, found, in: database)
            guard try Self.isStored(digest, in: database) else {
                throw RepositoryError.storage(
                    ImageError(.storage, "the manifest \(digest) was removed while it was pushed; push it again"))
            }
            let isNew = try Self.insert(
                document, digest, size: Int64(bytes.count), imageSize: size, repository: found.id, time: time,
                in: database)
            if case .tag(let tag) = reference {
                try database.execute(
                    sql: """
                        INSERT INTO repository_tag (repository, tag, digest) VALUES (?, ?, ?)
                        ON CONFLICT DO UPDATE SET digest = excluded.digest
                        """, arguments: [found.id, tag, digest.description])
            }
            return (
                try Self.manifest(.digest(digest), of: name, repository: found.id, in: database), isNew
            )
        }
        pushed.withLock { $0 }?(name, digest)
        return result
    }

    /// Takes a tag, or a manifest with all its tags, from a repository.
    ///
    /// - Returns: the manifest as it was before.
    /// - Throws: ``RepositoryError/manifestUnknown(_:_:)``, ``RepositoryError/manifestInUse(_:indexes:)``.
    @discardableResult
    public func delete(
        _ reference: ManifestReference, in name: RepositoryName
    ) throws(RepositoryError) -> KeptManifest {
        try write { database in
            let (id, _) = try Self.found(name, in: database)
            let manifest = try Self.manifest(reference, of: name, repository: id, in: database)
            if case .tag(let tag) = reference {
                try Self.drop(tag, repository: id, in: database)
            } else {
                let indexes = try Self.indexes(listing: manifest.digest, repository: id, in: database)
                guard indexes.isEmpty else { throw RepositoryError.manifestInUse(manifest.digest, indexes: indexes) }
                try Self.drop(manifest, repository: id, in: database)
            }
            return manifest
        }
    }

    /// Takes a tag from a repository, and the manifest with its last one, unless an index lists it: then it stays,
    /// without a tag. In one transaction, so that a tag which somebody gives it meanwhile is not lost.
    ///
    /// - Parameter digest: the manifest that the tag must name; nil for whichever it does.
    /// - Returns: the manifest as it was before.
    /// - Throws: ``RepositoryError/manifestUnknown(_:_:)``, also for a tag of another manifest.
    @discardableResult
    public func untag(
        _ tag: String, of digest: Digest? = nil, in name: RepositoryName
    ) throws(RepositoryError) -> KeptManifest {
        try write { database in
            let (id, _) = try Self.found(name, in: database)
            let manifest = try Self.manifest(.tag(tag), of: name, repository: id, in: database)
            if let digest, manifest.digest != digest { throw RepositoryError.manifestUnknown(.tag(tag), name) }
            try Self.drop(tag, repository: id, in: database)
            if manifest.tags == [tag], try Self.indexes(listing: manifest.digest, repository: id, in: database).isEmpty
            {
                try Self.drop(manifest, repository: id, in: database)
            }
            return manifest
        }
    }

    /// Indexes of the repository that list a manifest, up to ten.
    private static func indexes(
        listing digest: Digest, repository: Int64, in database: Database
    ) throws -> [Digest] {
        try String.fetchAll(
            database,
            sql: "SELECT manifest FROM repository_part WHERE repository = ? AND part = ? AND is_manifest LIMIT 10",
            arguments: [repository, digest.description]
        ).compactMap { Digest($0) }
    }

    private static func drop(_ tag: String, repository: Int64, in database: Database) throws {
        try database.execute(
            sql: "DELETE FROM repository_tag WHERE repository = ? AND tag = ?", arguments: [repository, tag])
    }

    private static func drop(_ manifest: KeptManifest, repository: Int64, in database: Database) throws {
        try dropBlobs(of: manifest, repository: repository, in: database)
        try database.execute(
            sql: "DELETE FROM repository_manifest WHERE repository = ? AND digest = ?",
            arguments: [repository, manifest.digest.description])
    }

    /// Drops the blobs that only this manifest needs, so that their space comes back at once; but not those that
    /// somebody asked for since, who may be about to push another manifest with them.
    private static func dropBlobs(of manifest: KeptManifest, repository: Int64, in database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM repository_blob WHERE repository = :repository AND touched <= :pushed AND digest IN (
                    SELECT part FROM repository_part AS own
                    WHERE own.repository = :repository AND own.manifest = :manifest AND NOT EXISTS (
                        SELECT 1 FROM repository_part AS other
                        WHERE other.repository = own.repository AND other.part = own.part
                            AND other.manifest != own.manifest))
                """,
            arguments: ["repository": repository, "pushed": manifest.pushed, "manifest": manifest.digest.description])
    }

    // MARK: Putting

    /// - Returns: bytes of the image.
    @discardableResult
    private func check(
        _ document: PushedManifest, _ digest: Digest, _ reference: ManifestReference?,
        _ found: (id: Int64, repository: Repository), in database: Database
    ) throws -> Int64 {
        let blobs = try document.blobs.filter {
            try !Self.has($0.digest, repository: found.id, in: database)
        }
        var largest: Int64 = 0
        let manifests = try document.manifests.filter { part in
            let size = try Int64.fetchOne(
                database, sql: "SELECT image_size FROM repository_manifest WHERE repository = ? AND digest = ?",
                arguments: [found.id, part.digest.description])
            largest = max(largest, size ?? 0)
            return size == nil
        }
        guard blobs.isEmpty && manifests.isEmpty else {
            throw RepositoryError.manifestIncomplete(
                blobs: blobs.prefix(10).map(\.digest), manifests: manifests.prefix(10).map(\.digest))
        }
        if case .tag(let tag) = reference, found.repository.settings.mutability.isImmutable(tag),
            let present = try String.fetchOne(
                database, sql: "SELECT digest FROM repository_tag WHERE repository = ? AND tag = ?",
                arguments: [found.id, tag]), present != digest.description
        {
            throw RepositoryError.tagImmutable(tag, found.repository.name)
        }
        return document.mediaType.isIndex ? largest : document.imageSize
    }

    private static func insert(
        _ document: PushedManifest, _ digest: Digest, size: Int64, imageSize: Int64, repository: Int64, time: Int64,
        in database: Database
    ) throws -> Bool {
        try database.execute(
            sql: """
                INSERT INTO repository_manifest
                    (repository, digest, media_type, size, image_size, artifact_type, subject, annotations, pushed)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """,
            arguments: [
                repository, digest.description, document.mediaType.rawValue, size, imageSize, document.artifactType,
                document.subject?.description, try document.annotations.map { try JSONEncoder().encode($0) }, time,
            ])
        guard database.changesCount > 0 else { return false }
        for (parts, isManifest) in [(document.blobs, false), (document.manifests, true)] {
            for part in parts {
                try database.execute(
                    sql: """
                        INSERT INTO repository_part (repository, manifest, part, is_manifest) VALUES (?, ?, ?, ?)
                        ON CONFLICT DO NOTHING
                        """, arguments: [repository, digest.description, part.digest.description, isManifest])
            }
        }
        return true
    }

    // MARK: Rows

    static func manifest(
        _ reference: ManifestReference, of name: RepositoryName, repository: Int64, in database: Database
    ) throws -> KeptManifest {
        let digest =
            switch reference {
            case .digest(let digest): digest.description
            case .tag(let tag):
                try String.fetchOne(
                    database, sql: "SELECT digest FROM repository_tag WHERE repository = ? AND tag = ?",
                    arguments: [repository, tag])
            }
        guard let digest,
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM repository_manifest WHERE repository = ? AND digest = ?",
                arguments: [repository, digest]),
            let found = try manifest(of: row, repository: repository, in: database)
        else { throw RepositoryError.manifestUnknown(reference, name) }
        return found
    }

    /// A row with the tags that point to it.
    static func manifest(of row: Row, repository: Int64, in database: Database) throws -> KeptManifest? {
        let text: String = row["digest"]
        guard let digest = Digest(text) else { return nil }
        let annotations: Data? = row["annotations"]
        let subject: String? = row["subject"]
        return KeptManifest(
            digest: digest, mediaType: MediaType(rawValue: row["media_type"]), size: row["size"],
            imageSize: row["image_size"], artifactType: row["artifact_type"], subject: subject.flatMap { Digest($0) },
            annotations: try annotations.map { try JSONDecoder().decode([String: String].self, from: $0) },
            pushed: row["pushed"], pulled: row["pulled"],
            tags: try String.fetchAll(
                database, sql: "SELECT tag FROM repository_tag WHERE repository = ? AND digest = ? ORDER BY tag",
                arguments: [repository, text]))
    }
}
