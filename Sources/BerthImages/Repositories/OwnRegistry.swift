import BerthOCI
import Synchronization

/// Tells which image references mean the registry inside: those are answered from the store, never over HTTP.
public final class OwnRegistry: Sendable {
    /// ECR's own name for this account's registry, which task definitions carry over from the cloud.
    public let cloudName: String
    private let known: Mutex<[String]>

    /// - Parameters:
    ///   - account: twelve digits.
    ///   - further: what an operator says the registry is also called, for example `registry.example.com`; the first of
    ///     them is what answers call it when the caller's own name for it is none of these.
    public init(account: String, region: String, further: [String] = []) {
        cloudName = "\(account).dkr.ecr.\(region).amazonaws.com"
        known = Mutex(further.map { $0.lowercased() })
    }

    /// Host and port of every name that it has, the one that answers use first.
    public var names: [String] { known.withLock { $0 } }

    /// Adds the names that an address has which the daemon listens on.
    ///
    /// - Parameter hostnames: this machine's other names, for an address that is not of this machine alone.
    public func listens(host: String, port: Int, hostnames: [String] = []) {
        let bare = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        let loopback = ["127.0.0.1", "localhost", "[::1]"]
        let isEverywhere = ["0.0.0.0", "[::]", "*"].contains(bare)
        var hosts = isEverywhere ? [] : [bare]
        if isEverywhere || loopback.contains(bare) { hosts += loopback }
        hosts += hostnames
        known.withLock { known in
            for name in hosts.map({ "\($0):\(port)".lowercased() }) where !known.contains(name) { known.append(name) }
        }
    }

    /// The repository and the tag or digest that a reference means here; nil if it is another registry's.
    ///
    /// Of a tag and a digest the digest counts, as everywhere.
    public func localReference(_ reference: Reference) -> (repository: RepositoryName, manifest: ManifestReference)? {
        guard owns(reference.domain), let repository = RepositoryName(reference.path) else { return nil }
        if let digest = reference.digest { return (repository, .digest(digest)) }
        return (repository, .tag(reference.tag ?? "latest"))
    }

    /// Whether a registry's host and port are this registry's.
    public func owns(_ domain: String) -> Bool {
        let domain = domain.lowercased()
        return domain == cloudName || known.withLock { $0.contains(domain) }
    }
}
