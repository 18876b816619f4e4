import ArgumentParser
import BerthAPI
import Foundation

/// `berth serve`: the daemon, in the foreground.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the APIs and run tasks, in the foreground.",
        discussion: """
            Keeps all state under the root directory, logs to standard error, and prints one line on standard output when
            it takes requests. SIGTERM or SIGINT ends it and leaves tasks running: the next daemon takes them over.
            On the first start it writes a key pair to DIR/credentials; point AWS_SHARED_CREDENTIALS_FILE at it and
            AWS_ENDPOINT_URL at the address, and any AWS client is set up.

            EXAMPLES
              berth serve
              berth serve --root /srv/berth --listen 127.0.0.1:8466
              berth serve --config /etc/berth/berth.yaml
              berth serve --trace /srv/berth/trace.json
            """)

    @Option(help: ArgumentHelp("A configuration file; Config/berth.yaml shows every key.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp("Where all state lives. Default: BERTH_ROOT, the file's, /var/lib/berth.", valueName: "dir"))
    var root: String?

    @Option(
        help: ArgumentHelp(
            "Where to serve. Default: the file's, 127.0.0.1:8466; port 0 is any.", valueName: "host:port"))
    var listen: String?

    @Option(
        help: ArgumentHelp(
            "Write how long each step of a task takes, to open with ui.perfetto.dev (Docs/tracing.md).",
            valueName: "file"))
    var trace: String?

    func run() async throws {
        var settings = try config.map { try ConfigurationFile(path: $0).configuration } ?? Configuration()
        if let root = root ?? Endpoint.rootOfEnvironment() {
            settings.root = URL(filePath: root).standardizedFileURL.path
        }
        if let listen { settings.listen = try ListenAddress(parsing: listen) }
        try settings.check()
        try await Daemon(settings: settings, trace: trace).run()
    }
}
