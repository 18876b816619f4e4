import Foundation

/// ECS RunTask.
public struct RunTaskRequest: Codable, Equatable, Sendable {
    public var cluster: String?
    public var taskDefinition: String?
    public var count: Int?
    public var clientToken: String?
    public var launchType: String?
    public var capacityProviderStrategy: [CapacityProviderStrategyItem]?
    public var networkConfiguration: NetworkConfiguration?
    public var overrides: TaskOverride?
    public var platformVersion: String?
    public var group: String?
    public var startedBy: String?
    public var tags: [Tag]?
    public var propagateTags: String?
    public var enableECSManagedTags: Bool?
    public var enableExecuteCommand: Bool?
    public var referenceId: String?
    public var placementConstraints: [PlacementConstraint]?
    public var placementStrategy: [PlacementStrategy]?
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

/// One thing that could not be done in a call that otherwise succeeded.
public struct Failure: Codable, Equatable, Sendable {
    public var arn: String?
    public var reason: String?
    public var detail: String?
    public init(arn: String?, reason: String, detail: String? = nil) {
        self.arn = arn
        self.reason = reason
        self.detail = detail
    }
}

/// An item of a capacity provider strategy.
public struct CapacityProviderStrategyItem: Codable, Equatable, Sendable {
    public var capacityProvider: String?
    public var weight: Int?
    public var base: Int?
    public init(capacityProvider: String?, weight: Int? = nil, base: Int? = nil) {
        self.capacityProvider = capacityProvider
        self.weight = weight
        self.base = base
    }
}

/// The network part of RunTask.
public struct NetworkConfiguration: Codable, Equatable, Sendable {
    public var awsvpcConfiguration: AwsVpcConfiguration?
    public init() {}
}

/// Subnets and security groups; kept, and mapped to the one network of the host.
public struct AwsVpcConfiguration: Codable, Equatable, Sendable {
    public var subnets: [String]?
    public var securityGroups: [String]?
    public var assignPublicIp: String?
    public init() {}
}

/// ECS ListTasks.
public struct ListTasksRequest: Codable, Equatable, Sendable {
    public var cluster: String?
    public var family: String?
    public var serviceName: String?
    public var startedBy: String?
    public var desiredStatus: TaskStatus?
    public var launchType: String?
    public var containerInstance: String?
    public var maxResults: Int?
    public var nextToken: String?
    public init() {}
}

/// A preference among hosts; refused on Fargate, without effect elsewhere.
public struct PlacementStrategy: Codable, Equatable, Sendable {
    public var type: String?
    public var field: String?
    public init() {}
}

/// A volume made for one task; refused.
public struct TaskVolumeConfiguration: Codable, Equatable, Sendable {
    public var name: String?
    public init() {}
}
