import CCap

/// A set of Linux capabilities, a bit each (capabilities(7)).
public struct CapabilitySet: Equatable, Hashable, Sendable {
    public var bits: UInt64
    public init(bits: UInt64) { self.bits = bits }
}
