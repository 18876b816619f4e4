import BerthOCI
import BerthUnpack
import GRDB

/// An image's rows.
struct ImageRow: Sendable {
    var digest: Digest
    /// Milliseconds since 1970.
    var imported: Int64
    var used: Int64
    /// Whether a registry has it.
    var pulled: Bool
    /// With the time each was given.
    var names: [(name: String, named: Int64)] = []

    /// All images with their names.
    static func all(in database: Database) throws -> [ImageRow] {
        var rows: [Digest: ImageRow] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT digest, imported, used, pulled FROM image") {
            guard let digest = Digest(hex: row[0]) else { continue }
            rows[digest] = ImageRow(digest: digest, imported: row[1], used: row[2], pulled: row[3])
        }
        for row in try Row.fetchAll(database, sql: "SELECT image, name, named FROM image_name") {
            guard let digest = Digest(hex: row[0]) else { continue }
            rows[digest]?.names.append((row[1], row[2]))
        }
        return Array(rows.values)
    }

    /// Writes down an image and what it needs; one that is there keeps its names.
    ///
    /// - Parameter synced: whether all it needs is on the disk; what is there already is not taken back.
    static func insert(
        _ digest: Digest, parts: some Sequence<Digest>, pulled: Bool, synced: Bool = true, now: Int64,
        in database: Database
    ) throws {
        try database.execute(
            sql: """
                INSERT INTO image (digest, imported, used, pulled, synced) VALUES (?1, ?2, ?2, ?3, ?4)
                ON CONFLICT (digest) DO UPDATE SET used = ?2, pulled = pulled OR ?3, synced = synced OR ?4
                """, arguments: [digest.hex, now, pulled, synced])
        for part in parts {
            try database.execute(
                sql: "INSERT OR IGNORE INTO image_part VALUES (?, ?)", arguments: [digest.hex, part.hex])
        }
    }

    /// Gives an image a name; the image that had it is given `former` for it.
    static func name(
        _ digest: Digest, _ name: String, former: String?, now: Int64, in database: Database
    ) throws {
        if let former {
            try database.execute(
                sql: "UPDATE OR REPLACE image_name SET name = ? WHERE name = ? AND image != ?",
                arguments: [former, name, digest.hex])
        }
        try database.execute(
            sql: """
                INSERT INTO image_name VALUES (?1, ?2, ?3)
                ON CONFLICT (name) DO UPDATE SET image = ?2, named = ?3
                """, arguments: [name, digest.hex, now])
    }

    /// The file system has been written to disk, and with it all that the image needs.
    static func markSynced(_ parts: some Sequence<Digest>, in database: Database) throws {
        for part in parts {
            for table in ["blob", "layer"] {
                try database.execute(
                    sql: "UPDATE \(table) SET synced = 1 WHERE digest = ? AND synced = 0", arguments: [part.hex])
            }
        }
    }
}
