import BerthOCI
import GRDB

/// Which images a collection gives up.
struct CollectionPlan {
    /// An image that may go.
    private struct Candidate {
        var row: ImageRow
        var isTagged: Bool { row.names.contains { !$0.name.contains("@") } }
        /// Whether it can be had again, or was replaced by a newer one.
        var goesByItself: Bool { row.pulled || !isTagged }
    }

    private(set) var victims: [Digest] = []
    /// Blobs and layers that nothing needs go if they were last used before this.
    private(set) var cutoff: Int64

    /// What a policy asks for at a time.
    init(policy: CollectionPolicy, marking: Marking, now: Int64, in database: Database) throws {
        cutoff = now - policy.unreferencedFor * 1000
        var candidates = try Self.candidates(marking, in: database).filter(\.goesByItself)
        // A nameless image that nobody needs is no more than the blobs it is made of.
        let nameless = now - policy.unreferencedFor * 1000
        let old = policy.unusedFor.map { now - $0 * 1000 } ?? .min
        victims = candidates.filter { $0.row.used < ($0.row.names.isEmpty ? nameless : old) }.map(\.row.digest)
        guard let maximum = policy.maximumBytes else { return }
        candidates.removeAll { victims.contains($0.row.digest) }
        var sizes = try Sizes(marking: marking, in: database)
        for victim in victims { sizes.remove(victim.hex) }
        // Unreferenced things go first: they are of no use to anybody yet.
        if sizes.total > maximum { cutoff = now }
        for candidate in candidates.sorted(by: { ($0.row.used, $0.row.digest.hex) < ($1.row.used, $1.row.digest.hex) })
        {
            if sizes.needed <= maximum { return }
            sizes.remove(candidate.row.digest.hex)
            victims.append(candidate.row.digest)
        }
    }

    /// What `prune` asks for.
    init(pruning all: Bool, marking: Marking, now: Int64, in database: Database) throws {
        cutoff = now
        victims = try Self.candidates(marking, in: database).filter { all || !$0.isTagged }.map(\.row.digest)
    }

    private static func candidates(_ marking: Marking, in database: Database) throws -> [Candidate] {
        let rooted = try marking.rooted(in: database)
        return try ImageRow.all(in: database).filter { !rooted.contains($0.digest.hex) }.map(Candidate.init)
    }

    /// Sums of what images take up, with what they share counted once.
    private struct Sizes {
        private var parts: [String: [String]] = [:]
        private var users: [String: Int] = [:]
        private var disk: [String: Int64] = [:]
        /// Of all blobs and layers.
        private(set) var total: Int64 = 0
        /// Of those that something needs.
        private(set) var needed: Int64 = 0

        init(marking: Marking, in database: Database) throws {
            for table in ["blob", "layer"] {
                for row in try Row.fetchAll(database, sql: "SELECT digest, coalesce(disk, 0) FROM \(table)") {
                    disk[row[0]] = row[1]
                    total += row[1]
                }
            }
            for row in try Row.fetchAll(database, sql: "SELECT image, digest FROM image_part") {
                parts[row[0], default: []].append(row[1])
                users[row[1], default: 0] += 1
            }
            for digest in try marking.rooted(in: database) { users[digest, default: 0] += 1 }
            needed = users.keys.reduce(0) { $0 + (disk[$1] ?? 0) }
        }

        mutating func remove(_ image: String) {
            for part in parts.removeValue(forKey: image) ?? [] {
                users[part, default: 0] -= 1
                if users[part] == 0 { needed -= disk[part] ?? 0 }
            }
        }
    }
}
