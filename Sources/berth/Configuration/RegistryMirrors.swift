import BerthOCI

/// Mirrors of registries, as the configuration names them: `docker.io=mirror.example.com/hub,docker.io=other:5000`.
struct RegistryMirrors: Equatable, Sendable {
    /// By the registry's domain, in the order in which they are asked.
    private(set) var locations: [String: [String]] = [:]

    init() {}

    /// Nil for what is no list of REGISTRY=HOST or REGISTRY=HOST/PATH.
    init?(parsing text: String) {
        for entry in RegistryHosts.split(text) {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, RegistryHosts.isHost(parts[0]), RegistryHosts.isLocation(parts[1]) else {
                return nil
            }
            locations[parts[0], default: []].append(parts[1])
        }
    }
}

/// Hosts of registries in configuration values.
enum RegistryHosts {
    /// The hosts of a list parted by commas; nil if one of them can be none.
    @Sendable static func list(_ text: String) -> [String]? {
        let hosts = split(text)
        return hosts.allSatisfy(isHost) ? hosts : nil
    }

    static func split(_ text: String) -> [String] {
        text.split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// A reference shows whether a text can be a registry: what has no dot and no port would be read as a path.
    static func isHost(_ text: String) -> Bool { (try? Reference("\(text)/name/name"))?.domain == text }

    static func isLocation(_ text: String) -> Bool {
        guard let reference = try? Reference("\(text)/name") else { return false }
        return reference.repository == "\(text)/name"
    }
}
