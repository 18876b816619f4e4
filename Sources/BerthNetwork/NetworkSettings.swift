import BerthLinux
import BerthModel

/// What the configuration says of the tasks' network.
public struct NetworkSettings: Sendable {
    /// `network.bridge`: the name of the host's end; at most 10 bytes, because each link's name begins with it.
    public var bridge: String
    /// `network.subnet`: its first address is the host's, the last is not given.
    public var subnet: IPv4Block
    /// `network.subnet6`: nil for no IPv6; at least as large as ``subnet``.
    public var subnet6: IPv6Block?
    /// `network.mtu`: 0 for that of the link to the outside.
    public var mtu: UInt32
    /// `network.bigTCP`.
    public var bigTCP: BigTCP
    /// `network.pool`: how many namespaces wait ready for tasks.
    public var pool: Int
    /// `network.connections`: how many one task may have open at a time.
    public var connections: UInt32
    /// `network.securityGroups`: those that are not ``SecurityGroup/usual(id:)``.
    public var securityGroups: [SecurityGroup]
    /// Whose bridge it is: the daemon's root.
    public var owner: String
    /// The file that remembers which settings of the host were changed.
    public var memory: String
    /// The namespace that is the host; nil for that of this process.
    public var host: SharedDescriptor?
    /// Called for what the operator should know, from the network's thread.
    public var report: @Sendable (String) -> Void
    /// Called first on the network's thread: tests forbid it something here.
    var beforeSetUp: @Sendable () throws -> Void = {}

    public init(
        bridge: String = "berth0", subnet: IPv4Block, subnet6: IPv6Block?, mtu: UInt32 = 0, bigTCP: BigTCP = .automatic,
        pool: Int = 16, connections: UInt32 = 16_384, securityGroups: [SecurityGroup] = [], owner: String,
        memory: String,
        host: SharedDescriptor? = nil, report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.bridge = bridge
        self.subnet = subnet
        self.subnet6 = subnet6
        self.mtu = mtu
        self.bigTCP = bigTCP
        self.pool = pool
        self.connections = connections
        self.securityGroups = securityGroups
        self.owner = owner
        self.memory = memory
        self.host = host
        self.report = report
    }

    /// Where tasks find their metadata: Amazon ECS's address for it.
    public static let metadata = IPv4Address(169 << 24 | 254 << 16 | 170 << 8 | 2)
    /// Where tasks find their resolver: Amazon VPC's address for it.
    public static let resolver = IPv4Address(169 << 24 | 254 << 16 | 169 << 8 | 253)

    /// As long as the kernel keeps one (IFALIASZ).
    var alias: String { String(decoding: "berth \(owner)".utf8.prefix(255), as: UTF8.self) }
    var plan: AddressPlan { AddressPlan(bridge: bridge, subnet: subnet, subnet6: subnet6) }

    /// What makes it unusable, with the key and the remedy.
    func check() throws(NetworkSetupError) {
        let letters = bridge.utf8.allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7a || $0 >= 0x30 && $0 <= 0x39 }
        guard letters, (1...10).contains(bridge.utf8.count) else {
            throw NetworkSetupError(
                .invalid, "network.bridge '\(bridge)' must be 1 to 10 letters and digits: links are named after it")
        }
        guard (8...29).contains(subnet.prefix) else {
            throw NetworkSetupError(.invalid, "network.subnet \(subnet) must have a prefix of 8 to 29")
        }
        if let subnet6, subnet6.prefix > 96 + subnet.prefix {
            throw NetworkSetupError(
                .invalid,
                "network.subnet6 \(subnet6) must be as large as network.subnet: a prefix up to \(96 + subnet.prefix)")
        }
    }
}

/// Where the daemon's own servers listen for tasks.
public struct NetworkServices: Equatable, Sendable {
    /// Of the server at 169.254.170.2, which tasks reach at port 80.
    public var metadataPort: UInt16?
    /// Of the server at 169.254.169.253, UDP and TCP, which tasks reach at port 53.
    public var resolverPort: UInt16?
    /// `network.taskAPI`: ports at the gateway's address that tasks may reach.
    public var apiPorts: [UInt16]

    public init(metadataPort: UInt16? = nil, resolverPort: UInt16? = nil, apiPorts: [UInt16] = []) {
        self.metadataPort = metadataPort
        self.resolverPort = resolverPort
        self.apiPorts = apiPorts
    }
}
