import BerthOCI
import GRDB

/// What garbage collection must keep, by digest.
struct Marking {
    /// Images that tasks run on.
    var holds: [StoredImage]
    /// Other parts' rows, such as those of repositories.
    var roots: [@Sendable (Database) throws -> Set<Digest>]

    /// Digests that stand for themselves: held images, leases, and what repositories need.
    func rooted(in database: Database) throws -> Set<String> {
        var digests = try String.fetchSet(database, sql: "SELECT digest FROM lease_part")
        for root in roots { digests.formUnion(try root(database).lazy.map(\.hex)) }
        digests.formUnion(holds.lazy.map(\.digest.hex))
        return digests
    }

    /// Everything that is needed: the rooted and the parts of all images there are rows for.
    func digests(in database: Database) throws -> Set<String> {
        var digests = try rooted(in: database)
        digests.formUnion(try String.fetchSet(database, sql: "SELECT DISTINCT digest FROM image_part"))
        // A held image has rows; should it ever have lost them, its layers are still what a task runs on.
        for image in holds { digests.formUnion(image.configuration.rootfs.diffIDs.lazy.map(\.hex)) }
        return digests
    }
}
