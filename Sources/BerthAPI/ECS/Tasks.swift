import BerthEngine
import BerthModel

extension JSONService {
    static func taskOperations(_ engine: Engine, _ permissions: RolePermissions) -> [String: JSONOperation] {
        [
            "RunTask": JSONOperation { (input: RunTaskRequest, caller) in
                try await engine.runTask(input, principal: caller.principal.arn, trail: caller.trail) {
                    try permissions.checkPass(of: $0, by: caller.principal)
                }
            },
            "DescribeTasks": JSONOperation { (input: DescribeTasksRequest, _) in
                let found = try await engine.describeTasks(cluster: input.cluster, tasks: try input.names())
                return input.pruned(found)
            },
            "ListTasks": JSONOperation { (input: ListTasksRequest, _) in
                let page = try await engine.listTasks(input)
                return ListTasksReply(taskArns: page.items, nextToken: page.nextToken)
            },
            "StopTask": JSONOperation { (input: StopTaskRequest, _) in
                guard let task = input.task, !task.isEmpty else {
                    throw ServiceError.invalidParameter("Task cannot be empty.")
                }
                return StopTaskReply(
                    task: try await engine.stopTask(cluster: input.cluster, task: task, reason: input.reason))
            },
        ]
    }
}

struct DescribeTasksRequest: Decodable {
    var cluster: String?
    var tasks: [String]?
    /// `TAGS`.
    var include: [String]?

    /// At most 100, says the API reference.
    static let limit = 100

    func names() throws(ServiceError) -> [String] {
        guard let tasks, !tasks.isEmpty else { throw .invalidParameter("Tasks cannot be empty.") }
        guard tasks.count <= Self.limit else {
            throw .invalidParameter("Tasks cannot be more than \(Self.limit), but are \(tasks.count).")
        }
        return tasks
    }

    /// Tasks without their tags when nobody asked for them: the list stays, empty.
    func pruned(_ reply: TasksResponse) -> TasksResponse {
        if include?.contains("TAGS") == true { return reply }
        var reply = reply
        for index in reply.tasks.indices { reply.tasks[index].tags = [] }
        return reply
    }
}

private struct ListTasksReply: Encodable {
    var taskArns: [String]
    var nextToken: String?
}

private struct StopTaskRequest: Decodable {
    var cluster: String?
    var task: String?
    var reason: String?
}

private struct StopTaskReply: Encodable {
    var task: ECSTask
}
