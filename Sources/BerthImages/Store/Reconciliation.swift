import BerthLinux
import BerthOCI
import BerthUnpack
import GRDB
import Glibc

/// Brings rows and files together when the store is opened: what a killed process or a machine that lost power has left
/// between two steps.
///
/// A row without its file is deleted; a file without a row was not finished and goes to the trash. After another boot
/// rows go, too, whose files were never written to disk for sure, and images that needed them. It reads the names of two directories and of the
/// tables' rows, and no file; what goes is renamed into `trash/`, and unlinked by whoever collects garbage.
struct Reconciliation {
    let directories: StoreDirectories
    let database: ImageDatabase
    let leases: Leases

    func run() throws(ImageError) {
        try discardStaging()
        let (blobs, layers) = (try names(directories.blobs), try names(directories.layers))
        let strays = try database.change { database in
            try leases.tidy(in: database, now: Now.milliseconds)
            let former = try String.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'boot'")
            if former != leases.boot {
                for table in ["image", "blob", "layer"] {
                    try database.execute(sql: "DELETE FROM \(table) WHERE synced = 0")
                }
                try database.execute(
                    sql: "INSERT OR REPLACE INTO meta VALUES ('boot', ?)", arguments: [leases.boot])
            }
            // Whatever is in it is a file without a row now.
            try database.execute(sql: "DELETE FROM trash")
            return (
                blobs: try reconcile("blob", with: blobs, in: database),
                layers: try reconcile("layer", with: layers, in: database)
            )
        }
        for name in strays.blobs { try directories.discard(name, from: directories.blobs) }
        for name in strays.layers { try directories.discard(name, from: directories.layers) }
    }

    /// - Returns: names that have no row.
    private func reconcile(_ table: String, with names: Set<String>, in database: Database) throws -> [String] {
        let rows = try String.fetchSet(database, sql: "SELECT digest FROM \(table)")
        for missing in rows.subtracting(names) {
            try database.execute(sql: "DELETE FROM \(table) WHERE digest = ?", arguments: [missing])
        }
        return Array(names.subtracting(rows))
    }

    private func discardStaging() throws(ImageError) {
        for name in try names(directories.staging) { try directories.discard(name, from: directories.staging) }
    }

    private func names(_ directory: SharedDescriptor) throws(ImageError) -> Set<String> {
        Set(try directories.names(directory))
    }
}
