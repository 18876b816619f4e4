import BerthModel
import BerthNetwork

/// The networks of a host whose kernel lacks what tasks' links need: tasks that need one are refused and told why, all
/// others run.
struct RefusingNetworks: TaskNetworks {
    /// For tasks without a link.
    let others: LoopbackNetworks
    let cause: String

    var facts: NetworkFacts? { nil }

    func take(_ wanted: NetworkRequest) async throws(NetworkRefusal) -> Sandbox {
        try check(wanted.mode)
        return try await others.take(wanted)
    }

    func restore(
        _ network: TaskNetwork, id: String, settings: [NetworkSetting]
    ) async throws(NetworkRefusal) -> Sandbox {
        try check(network.mode)
        return try await others.restore(network, id: id, settings: settings)
    }

    func adopt(_ network: TaskNetwork, id: String) async {}
    func usage(of network: TaskNetwork) async -> NetworkUsage? { nil }
    func release(_ network: TaskNetwork, id: String) async {}

    private func check(_ mode: TaskNetwork.Mode) throws(NetworkRefusal) {
        if mode == .awsvpc || mode == .bridge { throw NetworkRefusal(.interface, cause) }
    }
}
