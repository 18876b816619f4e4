import BerthLinux
import BerthModel
import Synchronization

/// The tasks' network on this host: a bridge, a link for each task, and a firewall of its own.
///
/// It ends with its last reference: links of the pool go, those of tasks, the bridge and the firewall stay for the next
/// daemon. ``reset(_:force:)`` takes everything away.
public final class HostNetwork: TaskNetworks {
    private let thread: NetworkThread<HostState>
    private let shared: SharedPool
    public let facts: NetworkFacts?

    /// Sets the host's end up, and takes up what an earlier daemon left.
    ///
    /// - Parameter holding: what every task holds that lives or waits for its launch, oldest first: all leases of the store.
    ///   Any other link of the bridge is a remnant and is taken away. Of two that name the same address or port, as they do in
    ///   a damaged store alone, the first has it; the other is reported with ``adopt(_:id:)``, or refused with
    ///   ``restore(_:id:settings:)``.
    /// - Throws: ``NetworkSetupError``. With code `kernel` the daemon can run on without a network; all others need the
    ///   operator.
    public static func start(
        _ settings: NetworkSettings, holding: [HeldNetwork]
    ) async throws(NetworkSetupError) -> HostNetwork {
        let first = Profile([])
        let shared = SharedPool(SandboxPool(size: settings.pool, firstProfile: first))
        let thread = try await NetworkThread<HostState>.start(name: HostState.thread) { () throws(NetworkSetupError) in
            do {
                return try HostState(settings, holding: holding, shared: shared)
            } catch let error as NetworkSetupError {
                throw error
            } catch {
                // A host that forwards without the firewall is worse than none.
                if holding.isEmpty { try? takeAway(settings, force: true) }
                throw NetworkSetupError(
                    .kernel,
                    "the tasks' network cannot be set up: \(error); the kernel needs bridge, veth, nf_tables and nft_nat, and "
                        + "network.enabled: false does without")
            }
        }
        let bridge = await thread.run(\.bridge)
        return HostNetwork(thread, shared, bridge)
    }

    private init(_ thread: NetworkThread<HostState>, _ shared: SharedPool, _ bridge: Bridge) {
        (self.thread, self.shared) = (thread, shared)
        let plan = bridge.plan
        facts = NetworkFacts(
            subnet: plan.subnet, subnet6: plan.subnet6, gateway: plan.gateway, gateway6: plan.gateway6, mtu: bridge.mtu,
            resolver: NetworkSettings.resolver, metadata: NetworkSettings.metadata)
    }

    /// Tells where the daemon's servers for tasks listen, once they do.
    public func serve(_ services: NetworkServices) async throws(NetworkSetupError) {
        let failure = await thread.run { state -> NetworkSetupError? in
            do throws(FirewallError) { try state.firewall.serve(services) } catch {
                return NetworkSetupError(.kernel, "\(error)")
            }
            return nil
        }
        if let failure { throw failure }
    }

    /// Takes the pool away, and waits until everything that was given back is gone. The bridge is not looked after any more.
    public func drain() async {
        await thread.run { state in
            state.bridgeWatch = nil
            state.discard(state.shared.pool.withLock { $0.close() })
            state.carryOutReleases()
            if !state.addresses.left.isEmpty { state.endLeftConnections() }
        }
    }

    public func take(_ wanted: NetworkRequest) async throws(NetworkRefusal) -> Sandbox {
        switch wanted.mode {
        case .awsvpc, .bridge:
            let profile = Profile(wanted.mode == .awsvpc ? wanted.securityGroups : [])
            let isPlain = wanted.settings.isEmpty && (wanted.mode == .awsvpc || wanted.ports.isEmpty)
            if isPlain, let ready = shared.pool.withLock({ $0.take(profile) }) {
                // The thread makes up for it.
                thread.submit { $0.give(ready, to: wanted.id) }
                return ready.sandbox(wanted.mode, isPlain: true)
            }
            shared.waiting.add(1, ordering: .relaxed)
            return try await thread.run { $0.take(wanted, profile) }.get()
        case .none:
            if wanted.settings.isEmpty, let ready = shared.pool.withLock({ $0.takeBare() }) {
                thread.submit { $0.giveBare(ready, to: wanted.id) }
                return Sandbox(network: TaskNetwork(mode: .none), namespace: ready, isPlain: true)
            }
            return try await thread.run { $0.takeBare(wanted.settings, for: wanted.id) }.get()
        case .host:
            let ports = try await thread.run { state in
                Result { () throws(NetworkRefusal) in try state.takePorts(wanted) }
            }.get()
            return Sandbox(network: TaskNetwork(mode: .host, ports: ports), namespace: nil)
        }
    }

    public func restore(
        _ network: TaskNetwork, id: String, settings: [NetworkSetting]
    ) async throws(NetworkRefusal) -> Sandbox {
        switch network.mode {
        case .host: try await thread.run { $0.restorePorts(of: network, id) }.get()
        case .none: try await thread.run { $0.takeBare(settings, for: id) }.get()
        case .awsvpc, .bridge: try await thread.run { $0.restore(network, id, settings) }.get()
        }
    }

    public func adopt(_ network: TaskNetwork, id: String) async { await thread.run { $0.adopt(network, id) } }

    public func usage(of network: TaskNetwork) async -> NetworkUsage? {
        guard let link = network.link else { return nil }
        return await thread.run { $0.usage(link) }
    }

    public func release(_ network: TaskNetwork, id: String) async {
        if network.mode == .host && network.ports.isEmpty { return }
        guard !network.ports.isEmpty else { return thread.submit { $0.release(network, of: id) } }
        // Its ports are free when this returns: whoever sees that the task has ended may want them.
        await thread.run { state in
            state.release(network, of: id)
            state.carryOutReleases()
        }
    }

    public func giveBack(_ unused: Sandbox, id: String) async {
        guard unused.isPlain, let namespace = unused.namespace else { return await release(unused.network, id: id) }
        thread.submit { $0.giveBack(unused.network, namespace, of: id) }
    }

    /// For `berth network show`.
    public var status: NetworkStatus {
        get async { await thread.run { $0.status } }
    }
}
