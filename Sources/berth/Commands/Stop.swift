import ArgumentParser
import BerthModel

/// `berth stop`.
struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop a task: SIGTERM, then SIGKILL after its stop timeout.",
        discussion: """
            Returns when the task is asked to stop; "berth logs -f TASK" waits until it has.

            EXAMPLES
              berth stop 3f2a
              berth stop --reason "wrong input" 3f2a
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "Kept as the task's stoppedReason.")
    var reason = "Stopped by berth stop"

    @Argument(help: "The task's ARN, id, or the beginning of either.")
    var task: String

    func run() async throws {
        try await connection.withClient { client in
            let task = try await TaskArgument.resolve(task, with: client)
            let reply: StopTaskReply = try await client.ecs("StopTask", StopTaskRequest(task, reason: reason))
            try StandardOutput.write("\(reply.task.taskArn)\n")
        }
    }
}

/// ECS StopTask, as a client sends it.
struct StopTaskRequest: Encodable {
    var cluster: String
    var task: String
    var reason: String

    init(_ task: ECSTask, reason: String) {
        cluster = task.clusterArn
        self.task = task.taskArn
        self.reason = reason
    }
}

/// What StopTask answers.
struct StopTaskReply: Decodable {
    var task: ECSTask
}
