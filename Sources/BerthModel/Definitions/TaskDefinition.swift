import Foundation

/// A registered task definition: one immutable revision of a family, in the shape of the ECS API's `TaskDefinition`.
public struct TaskDefinition: Codable, Equatable, Sendable {
    public var taskDefinitionArn: String
    public var family: String
    public var revision: Int
    public var status: String
    public var containerDefinitions: [ContainerDefinition]
    /// CPU units as a decimal string, normalised from "1 vCPU".
    public var cpu: String?
    /// MiB as a decimal string, normalised from "1 GB".
    public var memory: String?
    public var networkMode: String?
    public var requiresCompatibilities: [String]?
    public var compatibilities: [String]?
    public var requiresAttributes: [Attribute]?
    public var executionRoleArn: String?
    public var taskRoleArn: String?
    public var volumes: [Volume]
    public var placementConstraints: [PlacementConstraint]
    public var ephemeralStorage: EphemeralStorage?
    public var runtimePlatform: RuntimePlatform?
    public var pidMode: String?
    public var ipcMode: String?
    public var proxyConfiguration: ProxyConfiguration?
    public var inferenceAccelerators: [InferenceAccelerator]?
    public var enableFaultInjection: Bool?
    public var registeredAt: Date?
    public var registeredBy: String?
    public var deregisteredAt: Date?
    public var deleteRequestedAt: Date?

    /// Whether it may run with launch type FARGATE.
    public var isFargateCompatible: Bool { compatibilities?.contains("FARGATE") ?? false }
}
