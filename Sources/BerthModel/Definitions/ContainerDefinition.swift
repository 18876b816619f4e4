/// One container of a task definition, in the shape of the ECS API's `ContainerDefinition`.
public struct ContainerDefinition: Codable, Equatable, Sendable {
    public var name: String?
    public var image: String?
    public var cpu: Int?
    public var memory: Int?
    public var memoryReservation: Int?
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
    public var startTimeout: Int?
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
    public var versionConsistency: String?
    public var hostname: String?
    public var dnsServers: [String]?
    public var dnsSearchDomains: [String]?
    public var extraHosts: [HostEntry]?
    public var links: [String]?
    public var disableNetworking: Bool?

    public init() {}
}
