import BerthAPI
import BerthModel

/// A task as a person names it: an ARN, an id, or the beginning of either.
enum TaskArgument {
    /// The one task that `name` means.
    static func resolve(_ name: String, with client: Client) async throws -> ECSTask {
        let found: TasksFound = try await client.get("tasks", query: [("prefix", name)])
        return try choose(name, from: found.tasks)
    }

    /// As ``resolve(_:with:)``, from the tasks that begin with `name`.
    static func choose(_ name: String, from tasks: [ECSTask]) throws -> ECSTask {
        if let exact = tasks.first(where: { $0.taskArn == name || $0.id == name }) { return exact }
        guard let first = tasks.first else {
            throw CommandFailure("no task's ARN or id begins with \"\(name)\"; \"berth ps -a\" lists all tasks")
        }
        if tasks.count == 1 { return first }
        let shown = 10
        var lines = tasks.prefix(shown).map { "  \($0.id)  \($0.definitionName)  \($0.lastStatus.rawValue)" }
        if tasks.count > shown { lines.append("  and \(tasks.count - shown) more") }
        throw CommandFailure(
            "\"\(name)\" may mean any of these tasks; give more of the id:\n" + lines.joined(separator: "\n"))
    }
}

extension ECSTask {
    /// `family:revision`.
    var definitionName: String { String(taskDefinitionArn.split(separator: "/").last ?? "") }

    /// The exit code of the container that decides: the first that ended other than with 0, else the first that ended.
    var exitCode: Int? {
        let codes = containers.compactMap(\.exitCode)
        return codes.first { $0 != 0 } ?? codes.first
    }
}
