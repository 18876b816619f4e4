import BerthNetwork
import Synchronization

/// The clusters that there are, by their own names and by those under which the resolver knows them: a cluster is never
/// removed, so what is here is true, and needs no look at the store.
final class ClusterZones: Sendable {
    private let names = Mutex<Set<DomainName>>([])
    private let clusters = Mutex<Set<String>>([])

    func add(_ cluster: String) {
        clusters.withLock { _ = $0.insert(cluster) }
        // A name of more than 63 characters is no label, and nobody can ask for it.
        guard let name = DomainName(cluster) else { return }
        names.withLock { _ = $0.insert(name) }
    }

    func contains(_ name: DomainName) -> Bool { names.withLock { $0.contains(name) } }

    func contains(cluster: String) -> Bool { clusters.withLock { $0.contains(cluster) } }
}
