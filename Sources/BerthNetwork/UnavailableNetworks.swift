import BerthModel

/// A host whose tasks' network could not be set up: tasks that need none run, all others are told why they cannot.
public struct UnavailableNetworks: TaskNetworks {
    private let bare: LoopbackNetworks
    private let cause: String

    /// - Parameter cause: a ``NetworkSetupError`` of code `kernel`.
    public init(_ bare: LoopbackNetworks, cause: NetworkSetupError) {
        (self.bare, self.cause) = (bare, cause.detail)
    }

    public var facts: NetworkFacts? { nil }

    public func take(_ wanted: NetworkRequest) async throws(NetworkRefusal) -> Sandbox {
        try check(wanted.mode)
        return try await bare.take(wanted)
    }

    public func restore(
        _ network: TaskNetwork, id: String, settings: [NetworkSetting]
    ) async throws(NetworkRefusal) -> Sandbox {
        try check(network.mode)
        return try await bare.restore(network, id: id, settings: settings)
    }

    public func adopt(_ network: TaskNetwork, id: String) async { await bare.adopt(network, id: id) }
    public func usage(of network: TaskNetwork) async -> NetworkUsage? { nil }
    public func release(_ network: TaskNetwork, id: String) async { await bare.release(network, id: id) }
    public func giveBack(_ unused: Sandbox, id: String) async { await bare.giveBack(unused, id: id) }

    private func check(_ mode: TaskNetwork.Mode) throws(NetworkRefusal) {
        if mode == .awsvpc || mode == .bridge { throw NetworkRefusal(.interface, cause) }
    }
}
