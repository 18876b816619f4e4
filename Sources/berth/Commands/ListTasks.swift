import ArgumentParser
import BerthAPI
import BerthModel
import Foundation

/// `berth ps`.
struct ListTasks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps",
        abstract: "List tasks, newest first.",
        discussion: """
            EXAMPLES
              berth ps
              berth ps -a
            """)

    @OptionGroup var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "Stopped tasks too: the newest 1,000 of all.")
    var all = false

    func run() async throws {
        try await connection.withClient { client in
            let found: TasksFound = try await client.get("tasks", query: all ? [] : [("running", "1")])
            try StandardOutput.write(Self.table(found.tasks, now: Date()).text)
        }
    }

    static func table(_ tasks: [ECSTask], now: Date) -> Table {
        var table = Table(
            heading: ["TASK", "DEFINITION", "STATUS", "EXIT", "VCPU", "MIB", "AGE", "REASON"], right: [3, 4, 5, 6])
        for task in tasks {
            table.rows.append([
                String(task.id.prefix(12)), task.definitionName, task.lastStatus.rawValue,
                task.exitCode.map(String.init) ?? "-",
                Int(task.cpu).map(Quantity.vCPU(units:)) ?? task.cpu, task.memory,
                Quantity.age(since: task.createdAt, now: now),
                task.stoppedReason ?? "",
            ])
        }
        return table
    }
}
