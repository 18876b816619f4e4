import Foundation

/// ECS RunTask. What it asks for is checked against the definition that it names (``validated(for:under:)``).
public struct RunTaskRequest: Codable, Equatable, Sendable {
    /// Name or ARN; nil means `default`.
    public var cluster: String?
    /// What ``TaskDefinitionName`` reads.
    public var taskDefinition: String?
    /// 1 to 10; nil means 1.
    public var count: Int?
    /// At most 64 printable ASCII characters: a second call with it and the same parameters starts nothing and gives
    /// the first one's tasks.
    public var clientToken: String?
    /// `FARGATE` or `EC2`; nil means the first where the definition can run so. Not together with a strategy.
    public var launchType: String?
    public var capacityProviderStrategy: [CapacityProviderStrategyItem]?
    /// Compulsory in mode `awsvpc`, refused in any other.
    public var networkConfiguration: NetworkConfiguration?
    public var overrides: TaskOverride?
    /// `LATEST`, `1.4.0` or `1.3.0`, on Fargate only; without effect.
    public var platformVersion: String?
    /// At most 255 characters, not beginning with `service:`; nil means `family:<family>`.
    public var group: String?
    /// At most 128 letters, digits, hyphens, underscores and slashes.
    public var startedBy: String?
    public var tags: [Tag]?
    /// `TASK_DEFINITION` or `NONE`; nil means the second.
    public var propagateTags: String?
    /// Whether the task gets the tag `aws:ecs:clusterName`; nil means no.
    public var enableECSManagedTags: Bool?
    public var enableExecuteCommand: Bool?
    /// At most 1024 characters; without effect.
    public var referenceId: String?
    public var placementConstraints: [PlacementConstraint]?
    public var placementStrategy: [PlacementStrategy]?
    /// Refused.
    public var volumeConfigurations: [TaskVolumeConfiguration]?
    public init() {}
}

/// What RunTask, DescribeTasks and StopTask answer about tasks.
public struct TasksResponse: Codable, Equatable, Sendable {
    public var tasks: [ECSTask]
    public var failures: [Failure]
    public init(tasks: [ECSTask], failures: [Failure]) {
        self.tasks = tasks
        self.failures = failures
    }
}

/// One thing that could not be done in a call that otherwise succeeded, in the shape of the ECS API's `Failure`.
public struct Failure: Codable, Equatable, Sendable {
    public var arn: String?
    /// A word of AWS's, such as `MISSING` or `RESOURCE:CPU`.
    public var reason: String?
    /// What is missing, for a person.
    public var detail: String?
    public init(arn: String?, reason: String, detail: String? = nil) {
        self.arn = arn
        self.reason = reason
        self.detail = detail
    }
}

/// An item of a capacity provider strategy, in the shape of the ECS API's `CapacityProviderStrategyItem`.
public struct CapacityProviderStrategyItem: Codable, Equatable, Sendable {
    /// `FARGATE`, the one that there is.
    public var capacityProvider: String?
    /// 0 to 1000; without effect, as is the base: there is nothing to share tasks with.
    public var weight: Int?
    /// 0 to 100,000, above 0 in one item of a strategy at most.
    public var base: Int?
    public init(capacityProvider: String?, weight: Int? = nil, base: Int? = nil) {
        self.capacityProvider = capacityProvider
        self.weight = weight
        self.base = base
    }
}

/// The network part of RunTask, in the shape of the ECS API's `NetworkConfiguration`.
public struct NetworkConfiguration: Codable, Equatable, Sendable {
    public var awsvpcConfiguration: AwsVpcConfiguration?
    public init() {}
}

/// Subnets and security groups, in the shape of the ECS API's `AwsVpcConfiguration`; kept, and mapped to the one
/// network of the host.
public struct AwsVpcConfiguration: Codable, Equatable, Sendable {
    /// 1 to 16; any names: all are the same network.
    public var subnets: [String]?
    /// At most 5 ids (``SecurityGroup/isID(_:)``); none means the default group.
    public var securityGroups: [String]?
    /// `ENABLED` or `DISABLED`; without effect.
    public var assignPublicIp: String?
    public init() {}
}

/// ECS ListTasks: tasks that have all that is given here.
public struct ListTasksRequest: Codable, Equatable, Sendable {
    /// Name or ARN; nil means `default`.
    public var cluster: String?
    public var family: String?
    /// There are no services: refused as one that was not found.
    public var serviceName: String?
    public var startedBy: String?
    /// Nil means `RUNNING`; nothing but that and `STOPPED` is ever wanted.
    public var desiredStatus: TaskStatus?
    public var launchType: String?
    /// There are none: the list is empty.
    public var containerInstance: String?
    /// 1 to 100; nil means 100.
    public var maxResults: Int?
    public var nextToken: String?
    public init() {}
}

/// A preference among hosts, in the shape of the ECS API's `PlacementStrategy`; refused on Fargate, without effect
/// elsewhere.
public struct PlacementStrategy: Codable, Equatable, Sendable {
    public var type: String?
    public var field: String?
    public init() {}
}

/// A volume made for one task, in the shape of the ECS API's `TaskVolumeConfiguration`; refused.
public struct TaskVolumeConfiguration: Codable, Equatable, Sendable {
    public var name: String?
    public init() {}
}
