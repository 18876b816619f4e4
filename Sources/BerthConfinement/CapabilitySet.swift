/// A set of Linux capabilities, a bit each (capabilities(7)).
public struct CapabilitySet: Equatable, Hashable, Sendable {
    /// Bit n is capability n, as capset(2) and `/proc/PID/status` count them.
    public var bits: UInt64
    /// - Parameter bits: bit n stands for capability n (capability.h); bits of no capability are kept.
    public init(bits: UInt64) { self.bits = bits }

    /// The 14 that Docker, containerd and ECS give a container that asks for nothing.
    public static let standard: CapabilitySet = [
        .auditWrite, .chown, .dacOverride, .fowner, .fsetid, .kill, .mknod, .netBindService, .netRaw, .setfcap, .setgid,
        .setpcap, .setuid, .sysChroot,
    ]

    /// Every capability Berth has a name for.
    public static let all = CapabilitySet(Capability.allCases)

    /// Reads a list of names; see ``Capability/init(name:)``. `ALL` is not a name here: it means something of its own
    /// in each place it may stand.
    public init(names: some Sequence<String>) throws(CapabilityError) {
        self.init()
        for name in names { insert(try Capability(name: name)) }
    }

    /// The members by their bit. Bits without a name are left out.
    public var members: [Capability] { Capability.allCases.filter(contains) }

    /// The set after an ECS definition's `linuxParameters.capabilities`, with Docker's reading of it.
    ///
    /// - Parameters:
    ///   - drop: names to take away; `ALL` leaves only what `add` names.
    ///   - add: names to give; `ALL` gives every capability but those that `drop` names.
    public func adjusted(dropping drop: [String], adding add: [String]) throws(CapabilityError) -> CapabilitySet {
        let dropped = try CapabilitySet(names: drop.filter { !Self.meansAll($0) })
        let added = try CapabilitySet(names: add.filter { !Self.meansAll($0) })
        if add.contains(where: Self.meansAll) { return .all.subtracting(dropped) }
        if drop.contains(where: Self.meansAll) { return added }
        return subtracting(dropped).union(added)
    }

    private static func meansAll(_ name: String) -> Bool { name.uppercased() == "ALL" }
}

extension CapabilitySet: SetAlgebra {
    /// The empty set.
    public init() { self.init(bits: 0) }

    /// Constant time.
    public func contains(_ member: Capability) -> Bool { bits & member.bit != 0 }

    @discardableResult
    /// Adds a capability; tells whether it was new.
    public mutating func insert(_ member: Capability) -> (inserted: Bool, memberAfterInsert: Capability) {
        let inserted = !contains(member)
        bits |= member.bit
        return (inserted, member)
    }

    @discardableResult
    /// Drops a capability; nil when it was not held.
    public mutating func remove(_ member: Capability) -> Capability? {
        defer { bits &= ~member.bit }
        return contains(member) ? member : nil
    }

    @discardableResult
    /// Adds a capability; nil when it was new.
    public mutating func update(with member: Capability) -> Capability? {
        insert(member).inserted ? nil : member
    }

    /// What either holds.
    public func union(_ other: CapabilitySet) -> CapabilitySet { CapabilitySet(bits: bits | other.bits) }
    /// What both hold.
    public func intersection(_ other: CapabilitySet) -> CapabilitySet { CapabilitySet(bits: bits & other.bits) }
    /// What one of them holds, and not both.
    public func symmetricDifference(_ other: CapabilitySet) -> CapabilitySet { CapabilitySet(bits: bits ^ other.bits) }
    /// Adds what the other holds.
    public mutating func formUnion(_ other: CapabilitySet) { bits |= other.bits }
    /// Drops what the other does not hold.
    public mutating func formIntersection(_ other: CapabilitySet) { bits &= other.bits }
    /// Drops what both hold, and adds the rest of the other.
    public mutating func formSymmetricDifference(_ other: CapabilitySet) { bits ^= other.bits }
}

extension CapabilitySet: CustomStringConvertible {
    /// For example `CHOWN, KILL`.
    public var description: String { members.map(\.name).joined(separator: ", ") }
}

extension Capability {
    fileprivate var bit: UInt64 { 1 << UInt64(rawValue) }
}
