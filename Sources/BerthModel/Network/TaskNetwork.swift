/// What a task holds of the network from its acceptance to its end; kept in its row, so that no address or port is given
/// twice and a later daemon finds them again.
public struct TaskNetwork: Codable, Equatable, Sendable {
    /// As ECS names it.
    public enum Mode: String, Codable, Sendable { case awsvpc, bridge, host, none }

    public var mode: Mode
    /// Its end of the link; nil for `host` and `none`.
    public var link: TaskLink?
    /// Ids; at least one where there is a link.
    public var securityGroups: [String]
    /// Ports of the host that lead to it (`bridge`), or that it has in the host's own network (`host`).
    public var ports: [PublishedPort]

    public init(mode: Mode, link: TaskLink? = nil, securityGroups: [String] = [], ports: [PublishedPort] = []) {
        self.mode = mode
        self.link = link
        self.securityGroups = securityGroups
        self.ports = ports
    }
}

/// A task's addresses, and the names of both ends of its link.
public struct TaskLink: Codable, Hashable, Sendable {
    public var ipv4: IPv4Address
    /// Nil where the host has no IPv6.
    public var ipv6: IPv6Address?
    public var mac: MACAddress
    /// The host's end; at most 15 bytes (IFNAMSIZ).
    public var hostName: String

    public init(ipv4: IPv4Address, ipv6: IPv6Address?, mac: MACAddress, hostName: String) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self.mac = mac
        self.hostName = hostName
    }
}

/// One port of the host that leads to a container's.
public struct PublishedPort: Codable, Hashable, Sendable {
    public enum TransportProtocol: String, Codable, Sendable { case tcp, udp }

    /// The most that one task has: the daemon holds a socket for each.
    public static let limit = 1_000

    /// The container's index in the task.
    public var container: Int
    public var containerPort: UInt16
    public var hostPort: UInt16
    public var transport: TransportProtocol

    public init(container: Int, containerPort: UInt16, hostPort: UInt16, transport: TransportProtocol) {
        self.container = container
        self.containerPort = containerPort
        self.hostPort = hostPort
        self.transport = transport
    }
}

/// What crossed a task's link: bytes and packets as the host's end counted them.
public struct NetworkUsage: Codable, Equatable, Sendable {
    /// Into the task.
    public var receivedBytes: UInt64
    public var receivedPackets: UInt64
    /// Out of the task.
    public var sentBytes: UInt64
    public var sentPackets: UInt64

    public init(receivedBytes: UInt64, receivedPackets: UInt64, sentBytes: UInt64, sentPackets: UInt64) {
        self.receivedBytes = receivedBytes
        self.receivedPackets = receivedPackets
        self.sentBytes = sentBytes
        self.sentPackets = sentPackets
    }
}
