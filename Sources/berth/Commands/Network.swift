import ArgumentParser
import BerthEngine
import BerthModel
import BerthNetwork
import BerthStore
import Foundation

/// `berth network`.
struct Network: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at the tasks' network, or take it away.",
        subcommands: [ShowNetwork.self, ResetNetwork.self])
}

/// `berth network show`.
struct ShowNetwork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the bridge, its addresses, and what each task holds.",
        discussion: """
            EXAMPLES
              berth network show
              berth network show --json
            """)

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Everything, as JSON.")
    var json = false

    func run() async throws {
        try await connection.withClient { client in
            let report: NetworkReport = try await client.get("network")
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                return try StandardOutput.write(String(decoding: try encoder.encode(report), as: UTF8.self) + "\n")
            }
            try StandardOutput.write(Self.text(report))
        }
    }

    static func text(_ report: NetworkReport) -> String {
        var text = ""
        if let status = report.status {
            let subnets = ["\(status.subnet)", status.subnet6.map { "\($0)" }].compactMap(\.self)
            let gateways = ["\(status.gateway)", status.gateway6.map { "\($0)" }].compactMap(\.self)
            text += "bridge   \(status.bridge), mtu \(status.mtu)\n"
            text += "subnet   \(subnets.joined(separator: ", "))\n"
            text += "gateway  \(gateways.joined(separator: ", "))\n"
            text += "tasks    \(status.used) of \(status.capacity) addresses; \(status.ready) ready\n"
        } else {
            text += "tasks have no network here\n"
        }
        guard !report.tasks.isEmpty else { return text }
        var table = Table(heading: ["TASK", "MODE", "ADDRESS", "GROUPS", "PORTS"])
        for member in report.tasks {
            table.rows.append([
                String(member.task.prefix(12)), member.network.mode.rawValue,
                member.network.link.map { "\($0.ipv4)" } ?? "-",
                member.network.securityGroups.isEmpty ? "-" : member.network.securityGroups.joined(separator: ","),
                member.network.ports.isEmpty ? "-" : Self.text(member.network.ports),
            ])
        }
        return text + "\n" + table.text
    }

    private static func text(_ ports: [PublishedPort]) -> String {
        ports.map { "\(text($0.hostPorts)):\(text($0.containerPorts))/\($0.transport.rawValue)" }.joined(separator: ",")
    }

    private static func text(_ range: ClosedRange<UInt16>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }
}

/// `berth network reset`.
struct ResetNetwork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Take everything away that Berth made in the host's network.",
        discussion: """
            The bridge and all links on it, the firewall's tables and changed settings of the kernel: the host's network is as
            it was. The daemon must not run; the next one makes all of it again. Tasks go on without it: with tasks running
            only --force does it, and they have no network from then on.

            EXAMPLES
              berth network reset
              berth network reset --config /etc/berth/berth.yaml --force
            """)

    @Option(help: ArgumentHelp("The daemon's configuration file.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "The daemon's root directory. Default: BERTH_ROOT, the file's, /var/lib/berth.", valueName: "dir"))
    var root: String?

    @Flag(help: "Also while tasks have links: they lose them.")
    var force = false

    func run() async throws {
        var settings = try config.map { try ConfigurationFile(path: $0).configuration } ?? Configuration()
        if let root = root ?? Endpoint.rootOfEnvironment() {
            settings.root = URL(filePath: root).standardizedFileURL.path
        }
        let root = try RootDirectory(preparing: settings.root)
        let lock: RootLock
        do { lock = try RootLock(directory: root.path) } catch {
            throw CommandFailure("\(error); stop the daemon first")
        }
        do { try await HostNetwork.reset(try settings.networkSettings(root: root.path), force: force) } catch {
            throw CommandFailure("\(error)")
        }
        withExtendedLifetime(lock) {}
    }
}
