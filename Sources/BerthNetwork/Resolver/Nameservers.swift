import BerthLinux
import BerthModel
import Synchronization

/// The name servers to ask: those of the configuration, or the host's.
final class Nameservers: Sendable {
    private struct Known {
        var servers: [ResolverSettings.Endpoint]
        var read: ContinuousClock.Instant
    }

    private let configured: [ResolverSettings.Endpoint]
    private let file: String
    /// Berth's own address is never asked: that would be a circle.
    private let own: String
    private let known = Mutex<Known?>(nil)

    /// The host's file changes with its network; it is read again after this long.
    private static let freshness = Duration.seconds(5)

    init(_ settings: ResolverSettings) {
        configured = settings.nameservers
        file = settings.hostFile
        own = settings.listen.host
    }

    var servers: [ResolverSettings.Endpoint] {
        if !configured.isEmpty { return configured }
        let now = ContinuousClock.now
        return known.withLock { known in
            if let known, now - known.read < Self.freshness { return known.servers }
            let servers = Self.parse((try? SmallFile.read(file)) ?? "").filter { $0.host != own }
            known = Known(servers: servers, read: now)
            return servers
        }
    }

    /// The `nameserver` lines of resolv.conf(5), at most its three. One with a zone (`fe80::1%eth0`) is passed over: no
    /// socket here is bound to a link, and it must not take the place of one that can be asked.
    static func parse(_ text: String) -> [ResolverSettings.Endpoint] {
        let servers = text.split(whereSeparator: \.isNewline).compactMap { line -> ResolverSettings.Endpoint? in
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            let address = String(words[1])
            guard IPv4Address(address) != nil || IPv6Address(address) != nil else { return nil }
            return ResolverSettings.Endpoint(host: address)
        }
        return Array(servers.prefix(3))
    }
}
