import BerthOCI
import GRDB

/// The registry's tables, in the image store's database. A migration that has been released is never changed: add another.
public enum RepositorySchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("repositories-1") { try $0.execute(sql: version1) }
        return migrator
    }

    /// Times are milliseconds since 1970.
    ///
    /// The bytes of blobs and manifests lie in the blob store; a row says that a repository has them. What nobody has,
    /// garbage collection takes.
    private static let version1 = """
        CREATE TABLE repository (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            created INTEGER NOT NULL,
            settings BLOB NOT NULL,
            labels BLOB NOT NULL
        );

        CREATE TABLE repository_blob (
            repository INTEGER NOT NULL REFERENCES repository ON DELETE CASCADE,
            digest TEXT NOT NULL,
            size INTEGER NOT NULL,
            -- When it was last pushed, mounted or asked for: a push under way still needs it.
            touched INTEGER NOT NULL,
            PRIMARY KEY (repository, digest)
        ) WITHOUT ROWID;
        CREATE INDEX repository_blob_by_digest ON repository_blob (digest);

        CREATE TABLE repository_manifest (
            repository INTEGER NOT NULL REFERENCES repository ON DELETE CASCADE,
            digest TEXT NOT NULL,
            media_type TEXT NOT NULL,
            size INTEGER NOT NULL,
            image_size INTEGER NOT NULL,
            artifact_type TEXT,
            subject TEXT,
            annotations BLOB,
            pushed INTEGER NOT NULL,
            pulled INTEGER,
            PRIMARY KEY (repository, digest)
        ) WITHOUT ROWID;
        CREATE INDEX repository_manifest_by_subject ON repository_manifest (repository, subject, digest)
            WHERE subject IS NOT NULL;
        CREATE INDEX repository_manifest_by_digest ON repository_manifest (digest);

        -- The blobs and manifests that a manifest names.
        CREATE TABLE repository_part (
            repository INTEGER NOT NULL,
            manifest TEXT NOT NULL,
            part TEXT NOT NULL,
            is_manifest INTEGER NOT NULL,
            PRIMARY KEY (repository, manifest, part),
            FOREIGN KEY (repository, manifest) REFERENCES repository_manifest (repository, digest) ON DELETE CASCADE
        ) WITHOUT ROWID;
        CREATE INDEX repository_part_by_part ON repository_part (repository, part);

        CREATE TABLE repository_tag (
            repository INTEGER NOT NULL,
            tag TEXT NOT NULL,
            digest TEXT NOT NULL,
            PRIMARY KEY (repository, tag),
            FOREIGN KEY (repository, digest) REFERENCES repository_manifest (repository, digest) ON DELETE CASCADE
        ) WITHOUT ROWID;
        CREATE INDEX repository_tag_by_digest ON repository_tag (repository, digest);

        CREATE TABLE upload (
            id TEXT PRIMARY KEY,
            repository INTEGER NOT NULL REFERENCES repository ON DELETE CASCADE,
            touched INTEGER NOT NULL
        ) WITHOUT ROWID;
        """

    /// Every blob and manifest that some repository has: what garbage collection must leave.
    public static func repositoryRoots(in database: Database) throws -> Set<Digest> {
        guard try database.tableExists("repository_blob") else { return [] }
        let texts = try String.fetchSet(
            database, sql: "SELECT digest FROM repository_manifest UNION SELECT digest FROM repository_blob")
        return Set(texts.compactMap { Digest($0) })
    }
}
