import BerthNetwork
import Synchronization

/// The clusters that there are, by the names under which the resolver knows them: a cluster is never removed.
final class ClusterZones: Sendable {
    private let names = Mutex<Set<DomainName>>([])

    func add(_ cluster: String) {
        // A name of more than 63 characters is no label, and nobody can ask for it.
        guard let name = DomainName(cluster) else { return }
        names.withLock { _ = $0.insert(name) }
    }

    func contains(_ name: DomainName) -> Bool { names.withLock { $0.contains(name) } }
}
