import ArgumentParser
import BerthAPI
import BerthModel
import Foundation

/// `berth exec`: a further program in a running container.
struct Exec: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a further program in a running container, under the same limits and on the same bill.",
        discussion: """
            Ends with the program's exit code, or 128 + the signal that ended it; with 127 when the command is not there,
            126 when it cannot be executed, and 125 when the fault is not the command's. The program ends with this
            command. Signals are passed on; a second one of the same kind ends this command.

            EXAMPLES
              berth exec 3f2a -- ps
              berth exec -it 3f2a -- sh
              berth exec -i 3f2a -- tar -xf - < files.tar
              berth exec --user nobody -e DEBUG=1 3f2a --container web -- /app/check
            """)

    @OptionGroup var connection: ConnectionOptions

    @Flag(name: .shortAndLong, help: "Pass standard input on.")
    var interactive = false

    @Flag(name: [.customShort("t"), .customLong("tty")], help: "Give it a terminal.")
    var terminal = false

    @Option(
        name: .shortAndLong,
        help: "Who it runs as: a name or number, with :GROUP or without. Default: as the container.")
    var user: String?

    @Option(
        name: [.customShort("w"), .long],
        help: ArgumentHelp("Where it runs. Default: as the container.", valueName: "dir"))
    var workdir: String?

    @Option(
        name: [.customShort("e"), .customLong("env")], parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Set a variable over the container's own; may be repeated.", valueName: "name=value"))
    var environment: [String] = []

    @Option(help: "The container's name; needed when the task has several.")
    var container: String?

    @Argument(help: "The task's ARN, id, or the beginning of either.")
    var task: String

    @Argument(parsing: .postTerminator, help: "What to run.")
    var command: [String] = []

    func validate() throws {
        guard !command.isEmpty else { throw ValidationError("Say what to run, behind \"--\".") }
        for line in environment where !line.contains("=") || line.hasPrefix("=") {
            throw ValidationError("\"\(line)\" is not NAME=VALUE.")
        }
    }

    func run() async throws {
        if terminal, interactive, !RawTerminal.isPresent {
            throw CommandFailure("standard input is no terminal; leave out -t", exitCode: 125)
        }
        do { throw ExitCode(try await execute()) } catch let error as ExitCode { throw error } catch {
            let told = (error as? CommandFailure)?.exitCode ?? 125
            throw CommandFailure(error, exitCode: (126...127).contains(told) ? told : 125)
        }
    }

    private func execute() async throws -> Int32 {
        try await connection.withClient { client in
            let task = try await TaskArgument.resolve(task, with: client)
            let session: OpenExecReply = try await client.post("exec", request(task))
            let stream: ExecConnection
            do {
                stream = try await ExecConnection.open(
                    try client.endpoint.streams, path: session.path, token: session.token,
                    size: terminal ? RawTerminal.windowSize() : nil)
            } catch let error as CommandFailure {
                throw error
            } catch {
                throw Unreachable(endpoint: client.endpoint, cause: error)
            }
            return try await ExecClient(connection: stream, sendsInput: interactive, terminal: terminal).run()
        }
    }

    private func request(_ task: ECSTask) -> OpenExecRequest {
        var request = OpenExecRequest(task: task.taskArn, command: command)
        request.container = container
        request.user = user
        request.workingDirectory = workdir
        request.environment = environment.map { line in
            let name = line.prefix { $0 != "=" }
            return KeyValuePair(name: String(name), value: String(line.dropFirst(name.count + 1)))
        }
        request.terminal = terminal
        request.input = interactive
        return request
    }
}
