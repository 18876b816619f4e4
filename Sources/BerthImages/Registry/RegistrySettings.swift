import BerthOCI

/// What an operator says about registries.
public struct RegistrySettings: Sendable {
    /// Hosts, with port where references write one, that may speak plain HTTP or show any certificate. Loopback
    /// addresses and `localhost` are always among them, as with Docker, unless a certificate directory names them.
    public var insecure: Set<String> = []
    /// Directories in the form of Docker's certs.d: `HOST[:PORT]/*.crt` are authorities to trust for that host,
    /// `*.cert` and `*.key` of one name a client's certificate. The first that has the host counts.
    public var certificateDirectories: [String] = []
    /// For a registry's domain, such as `docker.io`: hosts, with an optional path, that are asked before it, in order.
    public var mirrors: [String: [String]] = [:]
    /// A file in the form of `~/.docker/config.json`; read anew for each pull. Nil for none.
    public var credentialsFile: String?
    /// How often, and after which pauses, a request that failed for now is made again.
    public var retry = RetryPolicy()

    public init() {}

    /// Where an image is looked for: the mirrors of its registry, then the registry itself.
    func locations(of reference: Reference) -> [RegistryLocation] {
        (mirrors[reference.domain] ?? []).map { RegistryLocation(reference, mirror: $0) } + [
            RegistryLocation(reference)
        ]
    }

    /// Whether plain HTTP and unverified certificates will do.
    func isInsecure(_ location: RegistryLocation) -> Bool {
        insecure.contains(location.domain) || insecure.contains(location.host)
    }
}
