/// ECS RegisterTaskDefinition.
public struct RegisterTaskDefinitionRequest: Codable, Equatable, Sendable {
    public var family: String?
    public var containerDefinitions: [ContainerDefinition]?
    public var cpu: String?
    public var memory: String?
    public var networkMode: String?
    public var requiresCompatibilities: [String]?
    public var executionRoleArn: String?
    public var taskRoleArn: String?
    public var volumes: [Volume]?
    public var placementConstraints: [PlacementConstraint]?
    public var ephemeralStorage: EphemeralStorage?
    public var runtimePlatform: RuntimePlatform?
    public var pidMode: String?
    public var ipcMode: String?
    public var proxyConfiguration: ProxyConfiguration?
    public var inferenceAccelerators: [InferenceAccelerator]?
    public var enableFaultInjection: Bool?
    public var tags: [Tag]?

    public init() {}
}
