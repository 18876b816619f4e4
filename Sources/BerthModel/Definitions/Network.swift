/// A port that a container serves.
public struct PortMapping: Codable, Equatable, Sendable {
    public var containerPort: Int?
    public var hostPort: Int?
    public var `protocol`: String?
    public var name: String?
    public var appProtocol: String?
    public var containerPortRange: String?

    public init() {}
}

/// A line of /etc/hosts.
public struct HostEntry: Codable, Equatable, Sendable {
    public var hostname: String?
    public var ipAddress: String?

    public init() {}
}

/// App Mesh; stored without effect.
public struct ProxyConfiguration: Codable, Equatable, Sendable {
    public var type: String?
    public var containerName: String?
    public var properties: [KeyValuePair]?

    public init() {}
}
