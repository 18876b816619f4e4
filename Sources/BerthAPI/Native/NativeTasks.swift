import BerthEngine
import BerthModel
import Hummingbird

extension NativeCall {
    func findTasks(_ engine: Engine) async throws -> Response {
        if try flag("running") { return try reply(TasksFound(tasks: engine.runningTasks())) }
        return try reply(TasksFound(tasks: try await engine.findTasks(prefix: query["prefix"] ?? "")))
    }

    /// A line for the task as it is, then one for each change, until it is STOPPED.
    func follow(_ task: String, _ engine: Engine) async throws -> Response {
        let (states, continuation) = AsyncStream<ECSTask>.makeStream()
        try await engine.follow(task: task, into: continuation)
        return lines(of: states, end: { continuation.finish() }) { $0 }
    }

    /// A line for each piece of output.
    func output(of task: String, _ engine: Engine) async throws -> Response {
        let output = try await engine.taskOutput(task: task, container: query["container"], follow: try flag("follow"))
        return lines(of: output) { OutputLine($0) }
    }

    /// A flag of the query: `1` or `true`, `0` or `false`, absent is false.
    private func flag(_ name: String) throws(ServiceError) -> Bool {
        switch query[name] {
        case "1", "true": true
        case nil, "0", "false": false
        case let other?: throw .invalidParameter("\(name): expected 1 or 0, found '\(other)'")
        }
    }
}
