/// A port that a container serves, in the shape of the ECS API's `PortMapping`; one port, or a range.
public struct PortMapping: Codable, Equatable, Sendable {
    public var containerPort: Int?
    /// 0 or nil means any free one in mode `bridge`; in `awsvpc` and `host` it can only be the container's.
    public var hostPort: Int?
    /// `tcp` or `udp`; nil means the first.
    public var `protocol`: String?
    /// Unique in the task.
    public var name: String?
    /// For service meshes; without effect.
    public var appProtocol: String?
    /// `first-last`, in place of a single port; its host ports are free ones.
    public var containerPortRange: String?

    public init() {}
}

/// A line of a container's `/etc/hosts`, in the shape of the ECS API's `HostEntry`.
public struct HostEntry: Codable, Equatable, Sendable {
    public var hostname: String?
    public var ipAddress: String?

    public init() {}
}

/// App Mesh, in the shape of the ECS API's `ProxyConfiguration`; stored without effect.
public struct ProxyConfiguration: Codable, Equatable, Sendable {
    public var type: String?
    public var containerName: String?
    public var properties: [KeyValuePair]?

    public init() {}
}
