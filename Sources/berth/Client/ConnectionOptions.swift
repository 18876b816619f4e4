import ArgumentParser
import Foundation

/// The options of every command that speaks to a daemon.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The daemon's root directory. Default: BERTH_ROOT, else /var/lib/berth; BERTH_ENDPOINT instead names a daemon by URL.",
            valueName: "dir"))
    var root: String?

    /// Runs `body` with a client, and turns what it cannot do into a message.
    func withClient<Result>(_ body: (Client) async throws -> Result) async throws -> Result {
        let endpoint = try Endpoint.choose(root: root, environment: ProcessInfo.processInfo.environment)
        return try await Client.with(endpoint, body)
    }
}
