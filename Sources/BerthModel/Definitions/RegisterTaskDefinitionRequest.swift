/// ECS RegisterTaskDefinition.
public struct RegisterTaskDefinitionRequest: Codable, Equatable, Sendable {
    public var family: String?
    public var containerDefinitions: [ContainerDefinition]?
    /// CPU units as a decimal string, or "1 vCPU" (``SizeText``).
    public var cpu: String?
    /// MiB as a decimal string, or "1 GB" (``SizeText``).
    public var memory: String?
    /// `awsvpc`, `bridge`, `host` or `none`; nil means `bridge`. Fargate takes `awsvpc` alone.
    public var networkMode: String?
    /// With `FARGATE` the definition is held to Fargate's rules, else to the host's (``HostPolicy``).
    public var requiresCompatibilities: [String]?
    public var executionRoleArn: String?
    public var taskRoleArn: String?
    public var volumes: [Volume]?
    public var placementConstraints: [PlacementConstraint]?
    public var ephemeralStorage: EphemeralStorage?
    public var runtimePlatform: RuntimePlatform?
    /// `task`, or nil for a namespace for each container; `host` is refused.
    public var pidMode: String?
    /// `none`, or nil for a namespace for each container; `task` can be registered, not run; `host` is refused.
    public var ipcMode: String?
    public var proxyConfiguration: ProxyConfiguration?
    public var inferenceAccelerators: [InferenceAccelerator]?
    /// Stored without effect.
    public var enableFaultInjection: Bool?
    public var tags: [Tag]?

    public init() {}
}
