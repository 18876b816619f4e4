/// A block of IPv4 addresses (RFC 4632); `10.213.0.0/16` as text.
public struct IPv4Block: Hashable, Sendable, CustomStringConvertible {
    /// The lowest address in it.
    public let base: IPv4Address
    /// Bits that all its addresses share, 0 to 32.
    public let prefix: Int

    /// Nil when the text is no block, or its address has bits beyond its prefix.
    public init?(_ text: some StringProtocol) {
        guard let (address, prefix) = split(text, longest: 32), let base = IPv4Address(address) else { return nil }
        guard UInt64(base.number) & ((1 << UInt64(32 - prefix)) - 1) == 0 else { return nil }
        (self.base, self.prefix) = (base, prefix)
    }

    /// How many addresses it has, 1 to 2^32.
    public var count: UInt64 { 1 << UInt64(32 - prefix) }
    public func contains(_ address: IPv4Address) -> Bool {
        address >= base && UInt64(address.number) - UInt64(base.number) < count
    }
    /// Whether they share an address: then one lies in the other.
    public func overlaps(_ other: Self) -> Bool { contains(other.base) || other.contains(base) }
    public var description: String { "\(base)/\(prefix)" }
}

/// A block of IPv6 addresses; `fd00:be27::/64` as text.
public struct IPv6Block: Hashable, Sendable, CustomStringConvertible {
    /// The lowest address in it.
    public let base: IPv6Address
    /// Bits that all its addresses share, 0 to 128.
    public let prefix: Int

    /// Nil when the text is no block, or its address has bits beyond its prefix.
    public init?(_ text: some StringProtocol) {
        guard let (address, prefix) = split(text, longest: 128), let base = IPv6Address(address) else { return nil }
        guard base.number & Self.hostMask(prefix) == 0 else { return nil }
        (self.base, self.prefix) = (base, prefix)
    }

    public func contains(_ address: IPv6Address) -> Bool {
        address.number & ~Self.hostMask(prefix) == base.number
    }
    /// Whether they share an address: then one lies in the other.
    public func overlaps(_ other: Self) -> Bool { contains(other.base) || other.contains(base) }
    public var description: String { "\(base)/\(prefix)" }

    private static func hostMask(_ prefix: Int) -> UInt128 { prefix == 0 ? .max : (1 << UInt128(128 - prefix)) - 1 }
}

private func split(_ text: some StringProtocol, longest: Int) -> (Substring, Int)? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let prefix = Int(parts[1]), String(prefix) == parts[1], (0...longest).contains(prefix)
    else {
        return nil
    }
    return (Substring(parts[0]), prefix)
}
