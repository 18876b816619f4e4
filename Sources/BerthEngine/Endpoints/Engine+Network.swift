import BerthModel
import BerthNetwork

extension Engine {
    /// What tasks see of the network as a whole; nil where they have none.
    public var networkFacts: NetworkFacts? { networks.facts }

    /// What crossed a task's link so far; nil without one.
    func networkUsage(of task: LiveTask) async -> NetworkUsage? {
        guard let network = task.dossier.network, network.link != nil else { return nil }
        return await networks.usage(of: network)
    }
}
