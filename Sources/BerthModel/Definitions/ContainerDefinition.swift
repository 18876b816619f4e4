/// One container of a task definition, in the shape of the ECS API's `ContainerDefinition`.
///
/// A member that is nil was not given; registration fills in AWS's defaults. What Berth cannot do is refused, at
/// registration or when a task is run (``RunTaskRequest/unsupportedFeatures(of:)``); members without effect say so.
public struct ContainerDefinition: Codable, Equatable, Sendable {
    /// Unique in the task.
    public var name: String?
    public var image: String?
    /// The share within the task, in units of which 1024 are one vCPU.
    public var cpu: Int?
    /// The hard limit, in MiB. One of this, the reservation and the task's memory must be there.
    public var memory: Int?
    /// The soft limit, in MiB.
    public var memoryReservation: Int?
    /// Whether the task ends with it; nil means true.
    public var essential: Bool?
    public var command: [String]?
    public var entryPoint: [String]?
    public var workingDirectory: String?
    public var user: String?
    public var environment: [KeyValuePair]?
    public var environmentFiles: [EnvironmentFile]?
    public var secrets: [Secret]?
    public var portMappings: [PortMapping]?
    public var logConfiguration: LogConfiguration?
    public var mountPoints: [MountPoint]?
    public var volumesFrom: [VolumeFrom]?
    public var dependsOn: [ContainerDependency]?
    public var healthCheck: HealthCheck?
    /// Seconds that containers waiting for this one wait; nil means without end.
    public var startTimeout: Int?
    /// Seconds between SIGTERM and SIGKILL; nil means 30.
    public var stopTimeout: Int?
    public var restartPolicy: RestartPolicy?
    public var linuxParameters: LinuxParameters?
    public var ulimits: [Ulimit]?
    public var readonlyRootFilesystem: Bool?
    public var privileged: Bool?
    public var dockerLabels: [String: String]?
    public var dockerSecurityOptions: [String]?
    public var systemControls: [SystemControl]?
    public var resourceRequirements: [ResourceRequirement]?
    public var firelensConfiguration: FirelensConfiguration?
    public var repositoryCredentials: RepositoryCredentials?
    public var credentialSpecs: [String]?
    public var interactive: Bool?
    public var pseudoTerminal: Bool?
    /// `enabled` or `disabled`; without effect.
    public var versionConsistency: String?
    public var hostname: String?
    public var dnsServers: [String]?
    public var dnsSearchDomains: [String]?
    public var extraHosts: [HostEntry]?
    public var links: [String]?
    public var disableNetworking: Bool?

    public init() {}
}
