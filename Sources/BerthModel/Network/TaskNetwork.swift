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

/// Ports of the host that lead to a container's: one, or as many as a range has, one after the other on both sides.
public struct PublishedPort: Codable, Hashable, Sendable {
    /// The protocols that a port can be published for.
    public enum TransportProtocol: String, Codable, Sendable { case tcp, udp }

    /// The most that one task has: the daemon holds a socket for each.
    public static let limit = 1_000

    /// The container's index in the task.
    public var container: Int
    /// The first.
    public var containerPort: UInt16
    /// The first; 0 in a wish for any that are free.
    public var hostPort: UInt16
    public var transport: TransportProtocol
    /// How many: more than 1 for a range, of which neither end goes beyond 65535.
    public var count: Int

    public init(
        container: Int, containerPort: UInt16, hostPort: UInt16, transport: TransportProtocol, count: Int = 1
    ) {
        self.container = container
        self.containerPort = containerPort
        self.hostPort = hostPort
        self.transport = transport
        self.count = count
    }

    /// All of its container's ports.
    public var containerPorts: ClosedRange<UInt16> { Self.range(from: containerPort, count) }
    /// All of its host's ports, once it has some.
    public var hostPorts: ClosedRange<UInt16> { Self.range(from: hostPort, count) }

    /// Each port for itself; wishes for any stay such.
    public var each: [PublishedPort] {
        containerPorts.enumerated().map { offset, port in
            PublishedPort(
                container: container, containerPort: port, hostPort: hostPort == 0 ? 0 : hostPort + UInt16(offset),
                transport: transport)
        }
    }

    private static func range(from first: UInt16, _ count: Int) -> ClosedRange<UInt16> {
        first...UInt16(clamping: Int(first) + count - 1)
    }
}

extension PublishedPort {
    /// - Throws: also for a range that has no port or goes beyond the last one.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        container = try values.decode(Int.self, forKey: .container)
        containerPort = try values.decode(UInt16.self, forKey: .containerPort)
        hostPort = try values.decode(UInt16.self, forKey: .hostPort)
        transport = try values.decode(TransportProtocol.self, forKey: .transport)
        // Earlier versions have an entry for each port.
        count = try values.decodeIfPresent(Int.self, forKey: .count) ?? 1
        guard (1...65_536 - Int(max(containerPort, hostPort))).contains(count) else {
            throw DecodingError.dataCorruptedError(forKey: .count, in: values, debugDescription: "no range of ports")
        }
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
