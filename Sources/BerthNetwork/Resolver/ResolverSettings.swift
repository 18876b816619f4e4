import BerthModel

/// Where the resolver listens, whom it asks, and how much it bears.
public struct ResolverSettings: Sendable {
    /// An address and a port.
    public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
        /// IPv4 or IPv6, as text.
        public var host: String
        public var port: Int

        public init(host: String, port: Int = 53) {
            self.host = host
            self.port = port
        }

        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// Over UDP and TCP; port 0 takes any that both have free.
    public var listen: Endpoint
    /// The name servers for all that is not Berth's; empty for those of the host's `/etc/resolv.conf`, as it is then.
    public var nameservers: [Endpoint]
    /// The host's list of name servers; tests have a file of their own.
    public var hostFile = "/etc/resolv.conf"
    /// How long one name server may take before the next is asked.
    public var patience = Duration.seconds(2)
    /// How often the list of name servers is gone through.
    public var rounds = 2
    /// Queries under way at the name servers, of one task and of all; further ones are dropped, and asked again by whoever
    /// asked. Each has a socket. It takes 256 tasks to keep the others from asking.
    public var perTask = 32
    /// See ``perTask``.
    public var inAll = 8192
    /// Queries of one task in a second, of whatever names; further ones are dropped.
    public var rate = 1024
    /// Connections over TCP, of one task and of all, and how long one may last.
    public var connectionsPerTask = 8
    /// See ``connectionsPerTask``.
    public var connectionsInAll = 2048
    /// See ``connectionsPerTask``.
    public var connectionLife = Duration.seconds(30)

    public init(listen: Endpoint, nameservers: [Endpoint] = []) {
        self.listen = listen
        self.nameservers = nameservers
    }
}
