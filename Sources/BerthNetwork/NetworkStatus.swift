import BerthModel

/// The tasks' network as `berth network show` prints it.
public struct NetworkStatus: Codable, Equatable, Sendable {
    /// The name of the host's end.
    public var bridge: String
    public var subnet: IPv4Block
    /// Nil without IPv6.
    public var subnet6: IPv6Block?
    /// The bridge's own address, the first of the subnet.
    public var gateway: IPv4Address
    public var gateway6: IPv6Address?
    /// Bytes of the largest IP packet, of the bridge and of every link.
    public var mtu: UInt32
    /// Namespaces with a link, and without, that wait for tasks.
    public var ready: Int
    /// Without a link; see ``ready``.
    public var readyBare: Int
    /// Addresses of tasks.
    public var used: Int
    /// How many tasks can have an address at a time.
    public var capacity: Int
    /// The host forwarded nothing before Berth: what is not of tasks is still not forwarded.
    public var forwardsOnlyTasks: Bool
}
