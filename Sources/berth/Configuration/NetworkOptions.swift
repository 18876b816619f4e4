import BerthModel
import BerthNetwork

/// What an operator says of the tasks' network.
struct NetworkOptions: Equatable, Sendable {
    /// False: every task has a loopback interface and nothing else.
    var isEnabled = true
    /// The name of Berth's bridge; also of its firewall tables. At most 10 bytes: links are named after it (IFNAMSIZ).
    var bridge = "berth0"
    var subnet = IPv4Block("10.213.0.0/16")
    /// Nil: tasks have no IPv6.
    var subnet6 = IPv6Block("fdbe:27b0:4e11::/64")
    /// Nil: as large as that of the way out.
    var mtu: Int?
    /// Whether TCP goes in segments larger than an IP packet.
    var bigTCP = BigTCP.automatic
    /// Namespaces that are kept ready.
    var pool = 16
    /// Connections of one task that the host keeps track of at a time.
    var connections = 16_384
    /// Who is asked for names that are no task's; empty: the host's.
    var nameservers: [String] = []
    /// Whether tasks reach the API.
    var taskAPI = false
    /// Whether definitions may ask for the host's own network.
    var allowsHostMode = false
    /// A file of security groups; nil: every group has the usual rules.
    var securityGroups: String?
    /// A file of what roles may do; nil: nothing.
    var roles: String?
}

extension ConfigurationKey {
    /// The keys below `network`.
    static let network: [ConfigurationKey] = [
        ConfigurationKey("network.enabled", expects: "true or false", \.network.isEnabled) { Bool($0) },
        ConfigurationKey(
            "network.bridge", expects: "a name of up to 10 letters and digits that begins with a letter",
            \.network.bridge, interfaceName),
        ConfigurationKey(
            "network.subnet", expects: "a block of private addresses from /8 to /29, such as 10.213.0.0/16",
            \.network.subnet
        ) { text in
            IPv4Block(text).flatMap { (8...29).contains($0.prefix) && isPrivate($0) ? $0 : nil }
        },
        ConfigurationKey(
            "network.subnet6", expects: "a block from /48 to /112 such as fdbe:27b0:4e11::/64, or empty",
            \.network.subnet6
        ) { text -> IPv6Block?? in
            if text.isEmpty { return .some(nil) }
            return IPv6Block(text).flatMap { (48...112).contains($0.prefix) ? .some($0) : nil }
        },
        ConfigurationKey("network.mtu", expects: "bytes from 1280 to 65535, or 0", \.network.mtu) { text -> Int?? in
            if text == "0" { return .some(nil) }
            return number(text, in: 1_280...65_535).map { .some($0) }
        },
        ConfigurationKey("network.bigTCP", expects: "auto, always or never", \.network.bigTCP) {
            BigTCP(rawValue: $0)
        },
        ConfigurationKey("network.pool", expects: "a number from 0 to 1000", \.network.pool) {
            number($0, in: 0...1_000)
        },
        ConfigurationKey("network.connections", expects: "a number from 16 to 1048576", \.network.connections) {
            number($0, in: 16...1_048_576)
        },
        ConfigurationKey(
            "network.nameservers", expects: "IP addresses parted by commas, or empty", \.network.nameservers
        ) { text in
            let servers = RegistryHosts.split(text)
            return servers.allSatisfy { IPv4Address($0) != nil || IPv6Address($0) != nil } ? servers : nil
        },
        ConfigurationKey("network.taskAPI", expects: "true or false", \.network.taskAPI) { Bool($0) },
        ConfigurationKey("network.hostMode", expects: "true or false", \.network.allowsHostMode) { Bool($0) },
        ConfigurationKey(
            "network.securityGroups", expects: "an absolute path, or empty", \.network.securityGroups, pathOrEmpty),
        ConfigurationKey("network.roles", expects: "an absolute path, or empty", \.network.roles, pathOrEmpty),
    ]

    @Sendable private static func interfaceName(_ text: String) -> String? {
        guard (1...10).contains(text.utf8.count), text.first?.isLetter == true else { return nil }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } ? text : nil
    }

    /// Private by RFC 1918, or shared by RFC 6598: any other block is somebody's.
    private static func isPrivate(_ block: IPv4Block) -> Bool {
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"].compactMap { IPv4Block($0) }
            .contains { $0.contains(block.base) && $0.prefix <= block.prefix }
    }
}
