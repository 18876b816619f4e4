import BerthModel
import BerthNetwork

/// What a container finds in `/etc/hosts`, `/etc/hostname` and `/etc/resolv.conf`: values, written by whoever launches it.
struct ContainerFiles: Equatable, Sendable {
    var hosts: String
    var hostname: String
    var resolvConf: String

    /// What a definition says of a container's names. Fargate's have none of it but the host's name.
    struct Names: Equatable, Sendable {
        /// The container's own, without a domain.
        var hostname: String
        /// The name that the task's address has outside; nil where it has none.
        var privateName: String?
        /// `extraHosts`, in their order.
        var extraHosts: [HostEntry] = []
        /// `links`: `container` or `container:alias`. All containers of a task share its address.
        var links: [String] = []
        /// Instead of Berth's resolver, which then is not asked, and of the tasks' names it answers.
        var dnsServers: [String] = []
        var searchDomains: [String] = []

        init(hostname: String, privateName: String? = nil) {
            self.hostname = hostname
            self.privateName = privateName
        }
    }

}

extension ContainerFiles {
    /// The files of a container of a task.
    ///
    /// - Parameters:
    ///   - network: what the task holds; without a link it reaches itself alone.
    ///   - resolver: Berth's own; nil where tasks have no network.
    ///   - host: the host's files, which a task in the host's network sees.
    init(_ names: Names, in network: TaskNetwork, resolver: IPv4Address?, host: @autoclosure () -> HostFiles) {
        if network.mode == .host {
            let host = host()
            hostname = host.hostname
            hosts = Self.appending(names.extraHosts.map(Self.line), to: host.hosts)
            resolvConf = names.dnsServers.isEmpty ? host.resolvConf : Self.resolvConf(names.dnsServers, names)
            return
        }
        hostname = names.hostname + "\n"
        hosts = Self.hosts(names, link: network.link)
        let own = network.link == nil ? nil : resolver
        resolvConf = Self.resolvConf(names.dnsServers.isEmpty ? own.map { ["\($0)"] } ?? [] : names.dnsServers, names)
    }

    /// Paths in the container with their contents.
    var files: [(path: String, content: String)] {
        [("/etc/hosts", hosts), ("/etc/hostname", hostname), ("/etc/resolv.conf", resolvConf)]
    }

    private static func hosts(_ names: Names, link: TaskLink?) -> String {
        // The lines that Docker writes, which programs have come to expect.
        var lines = [
            "127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback", "fe00::\tip6-localnet",
            "ff00::\tip6-mcastprefix", "ff02::1\tip6-allnodes", "ff02::2\tip6-allrouters",
        ]
        let own = ([names.privateName] + [names.hostname]).compactMap(\.self).joined(separator: " ")
        let address = link.map { "\($0.ipv4)" } ?? "127.0.0.1"
        lines += names.extraHosts.map(Self.line)
        lines += names.links.map { "\(address)\t\(linkNames($0))" }
        lines.append("\(address)\t\(own)")
        if let ipv6 = link?.ipv6 { lines.append("\(ipv6)\t\(own)") }
        return appending(lines, to: "")
    }

    private static func line(_ entry: HostEntry) -> String { "\(entry.ipAddress ?? "")\t\(entry.hostname ?? "")" }

    /// The alias first, as Docker has it.
    private static func linkNames(_ link: String) -> String {
        let parts = link.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[0] != parts[1] else { return String(parts.first ?? "") }
        return "\(parts[1]) \(parts[0])"
    }

    private static func resolvConf(_ servers: [String], _ names: Names) -> String {
        var lines = servers.map { "nameserver \($0)" }
        if !names.searchDomains.isEmpty { lines.append("search \(names.searchDomains.joined(separator: " "))") }
        return appending(lines, to: "")
    }

    private static func appending(_ lines: [String], to text: String) -> String {
        let start = text.isEmpty || text.hasSuffix("\n") ? text : text + "\n"
        return lines.reduce(start) { $0 + $1 + "\n" }
    }
}

/// The host's own files, as they are when a task starts.
struct HostFiles: Equatable, Sendable {
    var hosts: String
    var hostname: String
    var resolvConf: String
}
