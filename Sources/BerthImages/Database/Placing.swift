import BerthOCI
import BerthUnpack
import GRDB

extension ImageDatabase {
    /// Gives a file its row and brings it into place, in one transaction; what the file system has done is taken back when
    /// the rows cannot be written, as on a full disk.
    ///
    /// - Parameters:
    ///   - table: where its row is.
    ///   - waits: whether its row is to be on the disk when this returns: only if the file is.
    ///   - body: writes the row, then moves the file; returns whether it moved it.
    ///   - takeBack: undoes the move.
    func place(
        _ table: String, _ digest: Digest, waits: Bool, _ body: (Database) throws -> Bool,
        takeBack: () throws(ImageError) -> Void
    ) throws(ImageError) {
        var isMoved = false
        do throws(ImageError) {
            if waits { try change { isMoved = try body($0) } } else { try changeSoon { isMoved = try body($0) } }
        } catch {
            // What stays all the same is put right when the store is next opened (``Reconciliation``).
            if isMoved { try? undo(table, digest, takeBack) }
            throw error
        }
    }

    /// As the only writer, so that nobody gives it a row meanwhile. One that has a row has had it before: a file of the
    /// same bytes was replaced, and this one is as good.
    private func undo(_ table: String, _ digest: Digest, _ takeBack: () throws(ImageError) -> Void) throws(ImageError) {
        try change { database in
            let isListed =
                try Row.fetchOne(
                    database, sql: "SELECT 1 FROM \(table) WHERE digest = ?", arguments: [digest.hex]) != nil
            if !isListed { try takeBack() }
        }
    }
}
