import BerthLinux
import BerthOCI
import BerthUnpack
import GRDB
import Synchronization

/// Holds blobs, manifests and layers against garbage collection while an image that needs them is on its way.
///
/// Kept as rows, so that a pull which the daemon's death broke off finds what it had when it is begun again. A lease of
/// another boot of the machine, or one that has expired while nobody had it, holds nothing any more.
public final class StoreLease: Sendable {
    /// Who holds: a lease of the same owner goes on with what the last one held.
    public let owner: String
    private let leases: Leases
    private let isReleased = Atomic(false)

    fileprivate init(owner: String, leases: Leases) {
        self.owner = owner
        self.leases = leases
    }

    deinit { if !isReleased.load(ordering: .relaxed) { leases.drop(owner) } }

    /// Adds what is to be held; it need not be here yet. On return no collection takes it.
    public func hold(_ digests: some Collection<Digest>) throws(ImageError) {
        guard !digests.isEmpty else { return }
        try leases.add(digests, to: owner)
    }

    /// Lets go of all. What nothing else holds may be collected.
    ///
    /// A lease that is let go of without this keeps what it holds until it expires.
    public func release() throws(ImageError) {
        guard !isReleased.exchange(true, ordering: .relaxed) else { return }
        if leases.drop(owner) { try leases.remove(owner) }
    }
}

/// The leases of a store.
final class Leases: Sendable {
    /// How long a lease is good for that nobody has any more: time enough to begin a pull again. containerd's default.
    private static let lifetime: Int64 = 24 * 3600 * 1000

    let boot: String
    private let database: ImageDatabase
    /// How many values of an owner there are; two pulls of one image share a lease.
    private let owners = Mutex<[String: Int]>([:])

    init(database: ImageDatabase, boot: String) {
        self.database = database
        self.boot = boot
    }

    func lease(_ owner: String) throws(ImageError) -> StoreLease {
        owners.withLock { $0[owner, default: 0] += 1 }
        let lease = StoreLease(owner: owner, leases: self)
        try add(EmptyCollection(), to: owner)
        return lease
    }

    fileprivate func add(_ digests: some Collection<Digest>, to owner: String) throws(ImageError) {
        let expires = Now.milliseconds + Self.lifetime
        try database.changeSoon { database in
            try database.execute(
                sql: """
                    INSERT INTO lease (owner, boot, expires) VALUES (?1, ?2, ?3)
                    ON CONFLICT (owner) DO UPDATE SET boot = ?2, expires = ?3
                    """, arguments: [owner, boot, expires])
            for digest in digests {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO lease_part VALUES (?, ?)", arguments: [owner, digest.hex])
            }
        }
    }

    /// - Returns: whether it was the owner's last value.
    @discardableResult
    fileprivate func drop(_ owner: String) -> Bool {
        owners.withLock { owners in
            let left = (owners[owner] ?? 1) - 1
            owners[owner] = left > 0 ? left : nil
            return left <= 0
        }
    }

    fileprivate func remove(_ owner: String) throws(ImageError) {
        try database.changeSoon { database in
            // Somebody may have taken it again meanwhile.
            guard owners.withLock({ $0[owner] == nil }) else { return }
            try database.execute(sql: "DELETE FROM lease WHERE owner = ?", arguments: [owner])
        }
    }

    /// Removes leases of other boots and those that have expired; renews those somebody has.
    func tidy(in database: Database, now: Int64) throws {
        for owner in owners.withLock({ Array($0.keys) }) {
            try database.execute(
                sql: "UPDATE lease SET expires = ? WHERE owner = ?", arguments: [now + Self.lifetime, owner])
        }
        try database.execute(sql: "DELETE FROM lease WHERE boot != ? OR expires < ?", arguments: [boot, now])
    }
}

/// Which boot of the machine this is.
enum BootID {
    static func current() throws(ImageError) -> String {
        let text = try storing { () throws(LinuxError) in try SmallFile.read("/proc/sys/kernel/random/boot_id") }
        return String(text.prefix { $0 != "\n" })
    }
}
