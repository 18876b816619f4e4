import BerthOCI

/// Where a repository is looked for: a registry's host, and the repository's path on it.
struct RegistryLocation: Hashable, Sendable, CustomStringConvertible {
    /// The host as references and configuration write it, with its port if there is one: `docker.io`, `[::1]:5000`.
    var domain: String
    /// The path on that host, for example `library/busybox`.
    var repository: String

    /// Where the reference itself points to.
    init(_ reference: Reference) {
        domain = reference.domain
        repository = reference.path
    }

    /// A mirror of the reference's registry: `mirror` is a host, or a host and the path below which the registry's
    /// repositories lie.
    init(_ reference: Reference, mirror: String) {
        let parts = mirror.split(separator: "/", maxSplits: 1)
        domain = parts.first.map(String.init) ?? mirror
        repository = (parts.count > 1 ? "\(parts[1])/" : "") + reference.path
    }

    /// The host that requests go to. Docker Hub's registry has another name than its references.
    var host: String { domain == "docker.io" ? "registry-1.docker.io" : domain }

    /// Whether the host is this machine by its name: `localhost` or a loopback address.
    var isLoopback: Bool {
        var name = domain[...]
        if name.hasPrefix("[") { return name.dropFirst().prefix { $0 != "]" } == "::1" }
        if let colon = name.lastIndex(of: ":") { name = name[..<colon] }
        if name == "localhost" { return true }
        let numbers = name.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers.first == 127 && !numbers.contains(nil)
    }

    /// Both, as one would write them.
    var description: String { "\(domain)/\(repository)" }
}
