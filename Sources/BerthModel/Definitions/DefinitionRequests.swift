import Foundation

/// ECS DescribeTaskDefinition's and RegisterTaskDefinition's answer.
public struct TaskDefinitionResponse: Codable, Equatable, Sendable {
    public var taskDefinition: TaskDefinition
    /// Beside the definition, not inside it, and only when asked for with `include: ["TAGS"]`.
    public var tags: [Tag]?
    public init(taskDefinition: TaskDefinition, tags: [Tag]?) {
        self.taskDefinition = taskDefinition
        self.tags = tags
    }
}

/// ECS ListTaskDefinitions.
public struct ListTaskDefinitionsRequest: Codable, Equatable, Sendable {
    public var familyPrefix: String?
    public var status: String?
    public var sort: String?
    public var maxResults: Int?
    public var nextToken: String?
    public init() {}
}
