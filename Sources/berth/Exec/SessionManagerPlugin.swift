import BerthAPI
import BerthModel
import Foundation

/// This program under the name `session-manager-plugin`, as the AWS CLI calls it for `aws ecs execute-command`:
///
///     session-manager-plugin
///     session-manager-plugin --version
///     session-manager-plugin SESSION REGION StartSession PROFILE TARGET ENDPOINT
///
/// SESSION is ExecuteCommand's `session` in JSON, or the name of an environment variable that holds it.
enum SessionManagerPlugin {
    static let name = "session-manager-plugin"

    /// Whether this process was called by that name.
    static func isCalled(by arguments: [String]) -> Bool {
        arguments.first.map { URL(filePath: $0).lastPathComponent == name } ?? false
    }

    /// - Returns: 0 when the session has ended, whatever the program's exit code: the AWS CLI takes another for a fault of the
    ///   plugin's, and prints the session's token with it.
    static func run(_ arguments: [String]) async throws {
        guard let first = arguments.first else {
            return try StandardOutput.write(
                "berth \(Berth.version) serves the sessions of \"aws ecs execute-command\"\n")
        }
        if first == "--version" { return try StandardOutput.write("\(Berth.version)\n") }
        guard arguments.count >= 3, arguments[2] == "StartSession" else {
            throw CommandFailure(
                "\(name) takes what \"aws ecs execute-command\" gives it; of other sessions Berth has none")
        }
        try await serve(try session(first), endpoint: arguments.count > 5 ? arguments[5] : nil)
    }

    private static func session(_ text: String) throws -> ExecuteCommandReply.Session {
        let json = text.hasPrefix("{") ? text : ProcessInfo.processInfo.environment[text] ?? ""
        guard let session = try? WireJSON.decoder.decode(ExecuteCommandReply.Session.self, from: Data(json.utf8)) else {
            throw CommandFailure("the session that was handed over is not ExecuteCommand's")
        }
        return session
    }

    private static func serve(_ session: ExecuteCommandReply.Session, endpoint: String?) async throws {
        guard let url = URLComponents(string: session.streamUrl), url.path.hasPrefix(ExecRoute.prefix) else {
            throw CommandFailure(
                "\(session.streamUrl) is no stream of Berth's: for AWS itself use AWS's own \(name)")
        }
        let stream: ExecConnection
        do {
            stream = try await ExecConnection.open(
                try address(session.streamUrl, endpoint: endpoint), path: url.path, token: session.tokenValue,
                size: RawTerminal.windowSize())
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("no answer from \(session.streamUrl): \(error)")
        }
        _ = try await ExecClient(connection: stream, sendsInput: true, terminal: true).run()
    }

    /// The daemon cannot know that a proxy before it speaks TLS; the endpoint that the user gave tells.
    static func address(_ stream: String, endpoint: String?) throws(CommandFailure) -> ExecConnection.Address {
        let plain = try ExecConnection.Address(url: stream)
        guard let endpoint, endpoint.hasPrefix("https:"), case .host(let host, _, _) = plain,
            case .host(host, let port, _) = try ExecConnection.Address(url: endpoint)
        else { return plain }
        return .host(host, port: port, tls: true)
    }
}
