import ArgumentParser
import BerthAPI
import BerthModel

/// `berth run`: one task in the foreground.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run one task in the foreground and say what it used and cost.",
        discussion: """
            Streams what the task prints, and ends with its exit code, or with 125 when it could not be started. An
            interrupt (Ctrl-C) or SIGTERM stops the task; a second one leaves it to the daemon.

            EXAMPLES
              berth run busybox -- echo hello
              berth run --cpu 1024 --memory 2048 etl:1
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "CPU units; 1024 are one vCPU.")
    var cpu = 256

    @Option(help: "Memory in MiB.")
    var memory = 512

    @Argument(help: "The image; it is pulled if it is not here.")
    var image: String

    @Argument(parsing: .postTerminator, help: "What to run instead of the image's own command.")
    var command: [String] = []

    func validate() throws {
        guard cpu > 0, memory > 0 else { throw ValidationError("--cpu and --memory must be greater than 0.") }
    }

    func run() async throws {
        let definition = RunDefinition(image: image, cpu: cpu, memory: memory)
        let code = try await connection.withClient { client in
            let accepted: ECSTask
            do { accepted = try await definition.start(command: command, with: client) } catch {
                throw CommandFailure(error, exitCode: Self.notStarted)
            }
            let signals = await StopOnSignal(task: accepted, client: client)
            defer { signals.cancel() }
            var printer = OutputPrinter()
            try await printer.printToTheEnd(task: accepted.id, with: client)
            return try await Self.conclude(accepted, with: client)
        }
        throw ExitCode(code)
    }

    /// Says how the task ended and what it cost, and gives the exit code to end with.
    private static func conclude(_ accepted: ECSTask, with client: Client) async throws -> Int32 {
        let request = DescribeTasksRequest(cluster: accepted.clusterArn, tasks: [accepted.taskArn])
        let reply: TasksResponse = try await client.ecs("DescribeTasks", request)
        guard let task = reply.tasks.first else {
            throw CommandFailure("the daemon no longer knows task \(accepted.id)", exitCode: notStarted)
        }
        let bills: BillReply = try await client.get("bill", query: [("task", task.id)])
        if let bill = bills.bills.first { StandardError.write("\n" + BillText.block(bill)) }
        for reason in task.containers.compactMap(\.reason) { StandardError.write("berth: \(reason)\n") }
        if let code = task.exitCode { return Int32(truncatingIfNeeded: code) }
        let reason = task.stoppedReason ?? "its exit code is not known"
        throw CommandFailure("the task did not run to an end: \(reason)", exitCode: notStarted)
    }

    /// What docker and podman return when the fault is not the program's own.
    static let notStarted: Int32 = 125
}

/// ECS DescribeTasks, as a client sends it.
struct DescribeTasksRequest: Encodable {
    var cluster: String
    var tasks: [String]
}
