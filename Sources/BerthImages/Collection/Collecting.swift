import BerthLinux
import BerthOCI
import BerthUnpack
import GRDB
import Glibc

extension ImageStore {
    /// Removes what a policy gives up, and what nothing needs.
    ///
    /// Nothing that a task, an image, a pull or a repository needs is taken, whatever happens meanwhile; no start waits
    /// for it. What goes is off the store's lists when this returns and is unlinked afterwards.
    @discardableResult
    public func collect(_ policy: CollectionPolicy) throws(ImageError) -> CollectionReport {
        try collect { marking, now, database in
            try CollectionPlan(policy: policy, marking: marking, now: now, in: database)
        }
    }

    /// Removes images without a tag, and what nothing needs.
    ///
    /// - Parameter all: every image that no task runs on.
    public func prune(all: Bool) throws(ImageError) -> CollectionReport {
        try collect { marking, now, database in
            try CollectionPlan(pruning: all, marking: marking, now: now, in: database)
        }
    }

    private func collect(
        _ plan: (Marking, Int64, Database) throws -> CollectionPlan
    ) throws(ImageError) -> CollectionReport {
        try measure()
        let now = Now.milliseconds
        let report = try changes.withLock(Self.list) { () throws(ImageError) in
            let marking = Marking(holds: holds.images, roots: roots.withLock { $0 })
            let made = try database.change { database in
                try recordUse(in: database)
                try leases.tidy(in: database, now: now)
                return try plan(marking, now, database)
            }
            return try remove(made.victims) { Sweep(kept: $0, cutoff: made.cutoff, only: nil) }
        }
        try removeOldPartials(now: now)
        try emptyTrash()
        return report
    }

    /// Takes images that nobody holds off the list, and sweeps. To be called with the list's lock held.
    ///
    /// - Parameter sweep: what to sweep, told what must be kept.
    func remove(_ victims: [Digest], _ sweep: (Set<String>) -> Sweep) throws(ImageError) -> CollectionReport {
        // From here on a start does not find them; one that came before holds its image, and then it stays.
        let taken: [StoredImage] = catalog.withLock { catalog in
            var taken: [StoredImage] = []
            for digest in victims where holds.users(of: digest).isEmpty {
                taken += catalog.images(of: digest)
                catalog.remove(digest)
            }
            return taken
        }
        let gone = Set(taken.map(\.digest)).union(victims.filter { digest in catalog.withLock { $0[digest] == nil } })
        let marking = Marking(holds: holds.images, roots: roots.withLock { $0 })
        do throws(ImageError) {
            var (report, spared) = try database.change { database in
                // Who found it before it was taken may hold it by now.
                let spared = gone.filter { !holds.users(of: $0).isEmpty }
                for digest in gone.subtracting(spared) {
                    try database.execute(sql: "DELETE FROM image WHERE digest = ?", arguments: [digest.hex])
                }
                return (try sweep(try marking.digests(in: database)).run(in: database), spared)
            }
            report.images = taken.filter { !spared.contains($0.digest) }.map(\.name).sorted()
            offer(taken.filter { spared.contains($0.digest) })
            return report
        } catch {
            offer(taken)
            throw error
        }
    }

    private func offer(_ images: [StoredImage]) {
        catalog.withLock { catalog in
            for image in images { catalog.add(image) }
        }
    }

    private func recordUse(in database: Database) throws {
        for (digest, time) in holds.takeUse() {
            try database.execute(sql: "UPDATE image SET used = ? WHERE digest = ?", arguments: [time, digest.hex])
        }
        // An image in use was used now.
        for image in holds.images {
            try database.execute(
                sql: "UPDATE image SET used = ? WHERE digest = ?", arguments: [Now.milliseconds, image.digest.hex])
        }
        try blobs.recordUse(in: database)
    }

    /// Downloads and uploads that nobody has gone on with for a day.
    private func removeOldPartials(now: Int64) throws(ImageError) {
        for name in try directories.names(directories.partial) where !blobs.isWriting(name) {
            var status = stat()
            guard fstatat(directories.partial.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            if Int64(status.st_mtim.tv_sec) * 1000 < now - 24 * 3600 * 1000 {
                try blobs.removePartial(name)
            }
        }
    }
}

/// Moves rows of what is not kept into the table `trash`.
struct Sweep {
    var kept: Set<String>
    /// Only what was last used before this, in milliseconds since 1970.
    var cutoff: Int64
    /// Only these, whenever they were used; nil for all.
    var only: Set<String>?

    func run(in database: Database) throws -> CollectionReport {
        var report = CollectionReport()
        let blobs = try sweep("blob", folder: "blobs/sha256", in: database)
        let layers = try sweep("layer", folder: "layers", in: database)
        report.blobs = blobs.count
        report.layers = layers.count
        report.freedBytes = (blobs + layers).reduce(0) { $0 + $1.disk }
        return report
    }

    private func sweep(
        _ table: String, folder: String, in database: Database
    ) throws -> [(digest: String, disk: Int64)] {
        let rows = try Row.fetchAll(database, sql: "SELECT digest, coalesce(disk, 0), used FROM \(table)")
            .map { (digest: $0[0] as String, disk: $0[1] as Int64, used: $0[2] as Int64) }
        let swept = rows.filter { row in
            !kept.contains(row.digest) && (only.map { $0.contains(row.digest) } ?? (row.used <= cutoff))
        }
        for row in swept {
            try database.execute(sql: "DELETE FROM \(table) WHERE digest = ?", arguments: [row.digest])
            try database.execute(
                sql: "INSERT OR IGNORE INTO trash (folder, digest) VALUES (?, ?)", arguments: [folder, row.digest])
        }
        return swept.map { ($0.digest, $0.disk) }
    }
}
