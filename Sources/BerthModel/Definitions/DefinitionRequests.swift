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
    /// As on AWS the whole name of a family, in spite of the name.
    public var familyPrefix: String?
    /// `ACTIVE`, `INACTIVE` or `DELETE_IN_PROGRESS`; nil means the first.
    public var status: String?
    /// By family and revision: `ASC` or `DESC`; nil means `ASC`.
    public var sort: String?
    /// 1 to 100; nil means 100.
    public var maxResults: Int?
    public var nextToken: String?
    public init() {}
}
