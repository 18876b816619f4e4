import Foundation

/// A registered task definition: one immutable revision of a family, in the shape of the ECS API's `TaskDefinition`.
public struct TaskDefinition: Codable, Equatable, Sendable {
    public var taskDefinitionArn: String
    public var family: String
    /// Counts from 1 in its family and is never used again.
    public var revision: Int
    /// `ACTIVE`, `INACTIVE` or `DELETE_IN_PROGRESS`.
    public var status: String
    public var containerDefinitions: [ContainerDefinition]
    /// CPU units as a decimal string, normalised from "1 vCPU".
    public var cpu: String?
    /// MiB as a decimal string, normalised from "1 GB".
    public var memory: String?
    public var networkMode: String?
    public var requiresCompatibilities: [String]?
    /// The launch types that can run it, as AWS finds them.
    public var compatibilities: [String]?
    /// What an agent of ECS would have to be able to do (``Attribute``).
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
    /// Stored without effect.
    public var enableFaultInjection: Bool?
    public var registeredAt: Date?
    /// The caller's ARN.
    public var registeredBy: String?
    public var deregisteredAt: Date?
    public var deleteRequestedAt: Date?

    /// Whether it may run with launch type FARGATE.
    public var isFargateCompatible: Bool { compatibilities?.contains("FARGATE") ?? false }
}
