import BerthLinux
import BerthUnpack
import GRDB
import Glibc

extension ImageStore {
    /// Renames a batch at a time, so that no writer waits long for its turn.
    private static let batch = 256

    /// Moves what is swept into `trash/`, and has it unlinked: by the collector's own thread if there is one.
    func emptyTrash() throws(ImageError) {
        while try moveToTrash() {}
        if let unlinker = unlinker.withLock({ $0 }) { unlinker() } else { unlinkTrash() }
    }

    /// Within a transaction of the only writer, so that a blob or layer that comes back meanwhile is seen: its row in
    /// `trash` is gone then.
    private func moveToTrash() throws(ImageError) -> Bool {
        try database.change { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT id, folder, digest FROM trash ORDER BY id LIMIT \(Self.batch)")
            for row in rows {
                let directory = row[1] as String == "layers" ? directories.layers : directories.blobs
                try directories.discard(row[2], from: directory)
                try database.execute(sql: "DELETE FROM trash WHERE id = ?", arguments: [row[0] as Int64])
            }
            return rows.count == Self.batch
        }
    }

    /// Unlinks what lies in `trash/`. What cannot be unlinked now is tried again the next time.
    func unlinkTrash() {
        for name in (try? directories.names(directories.trash)) ?? [] {
            try? directories.trash.descriptor.removeTree(name)
        }
    }
}
