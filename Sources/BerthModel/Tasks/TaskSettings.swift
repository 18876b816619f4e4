/// What one task is to be: its definition with a RunTask call's overrides applied. The engine reserves and launches it.
public struct TaskSettings: Equatable, Sendable {
    /// `FARGATE`, or `EC2` for a definition of host flavour.
    public var launchType: String
    /// The capacity provider that a strategy named.
    public var capacityProviderName: String?
    /// The task's hard limit, what is reserved, and what is charged.
    public var size: TaskSize
    /// GiB; 20 unless the definition or an override asks for more.
    public var ephemeralStorageGiB: Int
    /// The override's, else the definition's; never empty.
    public var taskRoleArn: String?
    /// As the task's role.
    public var executionRoleArn: String?
    /// `family:<family>` unless the call names one.
    public var group: String
    public var startedBy: String?
    /// How many such tasks to run, 1 to 10.
    public var count: Int
    public var containers: [ContainerSettings]
    public var network: NetworkWishes
    /// Whether all containers see each other's processes (`pidMode: task`).
    public var sharesProcesses: Bool
    /// The overrides as DescribeTasks echoes them: one item for every container, also those without overrides.
    public var overrides: TaskOverride
}

/// What one container of a task is to be, overrides applied.
public struct ContainerSettings: Equatable, Sendable {
    public var name: String
    public var image: String
    /// The ARN or name of the secret that opens the image's registry.
    public var repositoryCredentials: String?
    /// Whether the task ends with it.
    public var essential: Bool
    /// Nil means the image's.
    public var entryPoint: [String]?
    /// Nil means the image's.
    public var command: [String]?
    /// Nil means the image's.
    public var workingDirectory: String?
    /// As the API takes it: name, uid, or either with a group behind a colon. Nil means the image's.
    public var user: String?
    /// In the definition's order, then the override's additions; each name once.
    public var environment: [KeyValuePair]
    /// The share within the task, in units; 0 when none was asked for.
    public var cpuUnits: Int
    /// The container's own hard limit; nil means the task's alone.
    public var memoryMiB: Int?
    /// The soft limit.
    public var memoryReservationMiB: Int?
    public var readonlyRootFilesystem: Bool
    public var confinement: ConfinementSettings
    /// What other containers must have reached before it starts.
    public var dependsOn: [ContainerDependency]
    /// Seconds that containers waiting for this one wait; nil means without end.
    public var startTimeout: Int?
    /// Seconds between SIGTERM and SIGKILL.
    public var stopTimeout: Int
    /// The log driver's options; nil when the definition names no driver, and output goes to Berth's own log alone.
    public var awslogs: AwslogsOptions?
    /// Shown in the task metadata's `Labels`.
    public var dockerLabels: [String: String]
    /// As the definition has them, to be shown; what the host publishes is in ``NetworkWishes/ports``.
    public var portMappings: [PortMapping]
    public var names: ContainerNames

    /// Amazon ECS API reference, `ContainerDefinition.stopTimeout`.
    static let defaultStopTimeout = 30

    init(_ container: ContainerDefinition, _ override: ContainerOverride?) {
        name = container.label
        image = container.image ?? ""
        repositoryCredentials = container.repositoryCredentials?.credentialsParameter.nilWhenEmpty
        essential = container.essential ?? true
        entryPoint = container.entryPoint.nilWhenEmpty
        command = override?.command.nilWhenEmpty ?? container.command.nilWhenEmpty
        workingDirectory = container.workingDirectory.nilWhenEmpty
        user = container.user.nilWhenEmpty
        environment = Self.merge(container.environment ?? [], override?.environment ?? [])
        cpuUnits = override?.cpu ?? container.cpu ?? 0
        memoryMiB = override?.memory ?? container.memory
        memoryReservationMiB = override?.memoryReservation ?? container.memoryReservation
        readonlyRootFilesystem = container.readonlyRootFilesystem ?? false
        confinement = ConfinementSettings(container)
        dependsOn = container.dependsOn ?? []
        startTimeout = container.startTimeout
        stopTimeout = container.stopTimeout ?? Self.defaultStopTimeout
        awslogs = AwslogsOptions(container.logConfiguration)
        dockerLabels = container.dockerLabels ?? [:]
        portMappings = container.portMappings ?? []
        names = ContainerNames(container)
    }

    /// Later wins; a name keeps the place where it first stood.
    static func merge(_ base: [KeyValuePair], _ additions: [KeyValuePair]) -> [KeyValuePair] {
        var merged: [KeyValuePair] = []
        var places: [String: Int] = [:]
        for variable in base + additions {
            let name = variable.name ?? ""
            let value = KeyValuePair(name: name, value: variable.value ?? "")
            if let place = places[name] {
                merged[place] = value
            } else {
                places[name] = merged.count
                merged.append(value)
            }
        }
        return merged
    }
}

extension Optional where Wrapped: Collection {
    /// Clients write "not set" as an empty value as often as they leave it out.
    fileprivate var nilWhenEmpty: Self { flatMap { $0.isEmpty ? nil : $0 } }
}
