/// The region and account that this daemon answers for; every ARN it makes carries both.
public struct Account: Codable, Hashable, Sendable {
    /// The region, for example `us-east-1`.
    public var region: String
    /// Twelve digits.
    public var id: String

    public init(region: String, id: String) {
        self.region = region
        self.id = id
    }

    /// `arn:aws:ecs:<region>:<account>:<resource>`.
    public func ecsARN(_ resource: String) -> String { "arn:aws:ecs:\(region):\(id):\(resource)" }

    /// The ARN of a cluster.
    public func clusterARN(_ name: String) -> String { ecsARN("cluster/\(name)") }

    /// The ARN of a task definition's revision.
    public func taskDefinitionARN(family: String, revision: Int) -> String {
        ecsARN("task-definition/\(family):\(revision)")
    }

    /// The ARN of a task; `id` is 32 hexadecimal digits.
    public func taskARN(cluster: String, id: String) -> String { ecsARN("task/\(cluster)/\(id)") }

    /// The ARN of a container of a task; `id` is a UUID.
    public func containerARN(cluster: String, task: String, id: String) -> String {
        ecsARN("container/\(cluster)/\(task)/\(id)")
    }

    /// The ARN of a log group, in the form that DescribeLogGroups gives as `logGroupArn`.
    public func logGroupARN(_ name: String) -> String { "arn:aws:logs:\(region):\(id):log-group:\(name)" }

    /// The ARN of a repository of the registry inside.
    public func repositoryARN(_ name: String) -> String { "arn:aws:ecr:\(region):\(id):repository/\(name)" }
}
