import ArgumentParser

/// `berth logs`: what a task printed, exactly as it printed it.
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what a task printed: its standard output and error, each on its own.",
        discussion: """
            EXAMPLES
              berth logs 3f2a
              berth logs -f 3f2a
            """)

    @OptionGroup var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "Go on until the task has stopped.")
    var follow = false

    @Argument(help: "The task's ARN, id, or the beginning of either.")
    var task: String

    func run() async throws {
        try await connection.withClient { client in
            let task = try await TaskArgument.resolve(task, with: client)
            var printer = OutputPrinter()
            if follow {
                try await printer.printToTheEnd(task: task.id, with: client)
            } else {
                try await printer.print(task: task.id, follow: false, with: client)
            }
        }
    }
}
