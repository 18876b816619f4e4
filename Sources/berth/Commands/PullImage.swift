import ArgumentParser
import BerthAPI
import BerthImages
import BerthOCI
import Foundation

/// `berth image pull`.
struct PullImage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Pull an image from its registry.",
        discussion: """
            REFERENCE is what docker would take: busybox, quay.io/team/etl:1, or NAME@sha256:... Layers that are here are
            not fetched again, and a pull that was broken off goes on where it ended. An interrupt (Ctrl-C) gives it up.
            What "docker login" wrote for this user ($REGISTRY_AUTH_FILE, $DOCKER_CONFIG or ~/.docker/config.json) goes
            along, unless the way to the daemon can be read by others; else the daemon's own credentials count.

            EXAMPLES
              berth image pull busybox
              berth image pull --policy missing registry.example.com:5000/etl:1
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "always: ask what the name means now; missing: only if it is not here; never.")
    var policy = PullPolicy.always

    @Flag(name: .shortAndLong, help: "Print the image's name and digest only.")
    var quiet = false

    @Argument(help: "The image, as docker would name it.")
    var reference: String

    func run() async throws {
        let name: Reference
        do { name = try Reference(reference) } catch {
            throw CommandFailure("\"\(reference)\" is no image reference: \(error)")
        }
        try await connection.withClient { client in
            let request = PullImageRequest(
                reference: reference, policy: policy,
                credentials: client.endpoint.keepsSecrets ? try Self.credentials(for: name) : nil)
            var display = quiet ? nil : PullDisplay(isTerminal: isatty(STDERR_FILENO) == 1)
            for try await text in try await client.lines("images/pull", posting: request) {
                let line = try WireJSON.decoder.decode(PullLine.self, from: Data(text))
                if let layer = line.layer { display?.show(layer) }
                if let error = line.error {
                    display?.clear()
                    throw CommandFailure("\(error.message) (\(error.type))")
                }
                if let image = line.image {
                    display?.clear()
                    return try StandardOutput.write("\(image.name) \(image.digest)\n")
                }
            }
            throw CommandFailure("the daemon ended before the pull of \(reference) did; pull again to go on with it")
        }
    }

    /// What this user's own file has for the image's registry.
    private static func credentials(for name: Reference) throws -> PullImageRequest.Credentials? {
        let environment = ProcessInfo.processInfo.environment
        let directory = environment["DOCKER_CONFIG"] ?? environment["HOME"].map { "\($0)/.docker" }
        guard let path = environment["REGISTRY_AUTH_FILE"] ?? directory.map({ "\($0)/config.json" }) else { return nil }
        let file = try DockerConfiguration(path: path)
        return file.credentials(domain: name.domain, repository: name.path).map(PullImageRequest.Credentials.init)
    }
}

extension PullPolicy: ExpressibleByArgument {}

extension Endpoint {
    /// Whether nobody on the way to the daemon can read what is sent: requests are signed, but not always encrypted.
    fileprivate var keepsSecrets: Bool {
        switch self {
        case .socket: return true
        case .remote(let url, _, _):
            guard let url = URL(string: url), let host = url.host() else { return false }
            return url.scheme == "https" || ["localhost", "127.0.0.1", "::1"].contains(host)
        }
    }
}
