import GRDB

/// The tables of the image store, version by version. A migration that has been released is never changed: add another.
enum ImageSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("images-1") { try $0.execute(sql: version1) }
        migrator.registerMigration("images-2-unsettled") { try $0.execute(sql: unsettled) }
        return migrator
    }

    /// An image with 0 does not survive the machine: what it needs may not be on the disk (``Settling``).
    private static let unsettled = "ALTER TABLE image ADD COLUMN synced INTEGER NOT NULL DEFAULT 1"

    /// Times are milliseconds since 1970, digests 64 hexadecimal digits, sizes bytes.
    ///
    /// `synced` is 0 until the file system has been written to disk after the row's file was; such rows do not survive
    /// the machine (``Reconciliation``). `disk` is what the files take up, as du(1) counts it; null until measured.
    private static let version1 = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

        -- blobs/sha256/<digest>: compressed layers, manifests, configurations
        CREATE TABLE blob (
            digest TEXT PRIMARY KEY,
            size INTEGER NOT NULL,
            disk INTEGER,
            synced INTEGER NOT NULL,
            added INTEGER NOT NULL,
            used INTEGER NOT NULL
        ) WITHOUT ROWID;

        -- layers/<digest>: unpacked layers by DiffID, and flattened images by a digest of all their DiffIDs
        CREATE TABLE layer (
            digest TEXT PRIMARY KEY,
            size INTEGER NOT NULL,
            disk INTEGER,
            flat INTEGER NOT NULL DEFAULT 0,
            synced INTEGER NOT NULL,
            added INTEGER NOT NULL,
            used INTEGER NOT NULL
        ) WITHOUT ROWID;
        -- Compressed bytes that were seen to be a layer
        CREATE TABLE layer_source (
            layer TEXT NOT NULL REFERENCES layer ON DELETE CASCADE,
            blob TEXT NOT NULL,
            PRIMARY KEY (layer, blob)
        ) WITHOUT ROWID;

        CREATE TABLE image (
            digest TEXT PRIMARY KEY,
            imported INTEGER NOT NULL,
            used INTEGER NOT NULL,
            -- 1 if a registry has it, so that it can be had again
            pulled INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID;

        CREATE TABLE image_name (
            name TEXT PRIMARY KEY,
            image TEXT NOT NULL REFERENCES image ON DELETE CASCADE,
            named INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX image_name_by_image ON image_name (image);

        -- What an image needs: its manifest, configuration and compressed layers (those that are kept are in blob), and
        -- its unpacked layers and flattened copy
        CREATE TABLE image_part (
            image TEXT NOT NULL REFERENCES image ON DELETE CASCADE,
            digest TEXT NOT NULL,
            PRIMARY KEY (image, digest)
        ) WITHOUT ROWID;

        CREATE TABLE lease (
            owner TEXT PRIMARY KEY,
            boot TEXT NOT NULL,
            expires INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE lease_part (
            owner TEXT NOT NULL REFERENCES lease ON DELETE CASCADE,
            digest TEXT NOT NULL,
            PRIMARY KEY (owner, digest)
        ) WITHOUT ROWID;

        -- Swept, but perhaps not yet off the disk
        CREATE TABLE trash (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            folder TEXT NOT NULL,
            digest TEXT NOT NULL,
            UNIQUE (folder, digest)
        );
        """
}
