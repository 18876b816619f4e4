import BerthLinux
import BerthModel
import Synchronization

/// Networks of loopback alone (`network.enabled: false`): each task has a namespace of its own, which leads nowhere.
public final class LoopbackNetworks: TaskNetworks {
    private let thread: NetworkThread<LoopbackState>
    private let shared: SharedPool

    /// - Parameter pool: how many namespaces wait ready for tasks.
    public static func start(pool: Int = 16) async throws(NetworkSetupError) -> LoopbackNetworks {
        let shared = SharedPool(SandboxPool(size: pool, bare: true))
        let thread = try await NetworkThread<LoopbackState>.start(name: HostState.thread) {
            () throws(NetworkSetupError) in
            do throws(LinuxError) { return try LoopbackState(shared) } catch {
                throw NetworkSetupError(.kernel, "\(error)")
            }
        }
        return LoopbackNetworks(thread, shared)
    }

    private init(_ thread: NetworkThread<LoopbackState>, _ shared: SharedPool) {
        (self.thread, self.shared) = (thread, shared)
    }

    public var facts: NetworkFacts? { nil }

    public func take(_ wanted: NetworkRequest) async throws(NetworkRefusal) -> Sandbox {
        if wanted.mode == .host { return try await takeHost(wanted.ports, id: wanted.id) }
        let network = TaskNetwork(mode: wanted.mode)
        if wanted.settings.isEmpty, let ready = shared.pool.withLock({ $0.takeBare() }) {
            thread.submit { $0.give(ready, to: wanted.id) }
            return Sandbox(network: network, namespace: ready, isPlain: true)
        }
        let namespace = try await thread.run { $0.take(wanted.settings, for: wanted.id) }.get()
        return Sandbox(network: network, namespace: namespace, isPlain: wanted.settings.isEmpty)
    }

    public func restore(
        _ network: TaskNetwork, id: String, settings: [NetworkSetting]
    ) async throws(NetworkRefusal) -> Sandbox {
        if network.mode == .host { return try await takeHost(network.ports, id: id) }
        return try await take(NetworkRequest(id: id, mode: network.mode, settings: settings))
    }

    public func adopt(_ network: TaskNetwork, id: String) async {
        if network.mode == .host { await thread.run { _ = $0.ports.enter(network.ports, for: id, holding: false) } }
    }

    public func usage(of network: TaskNetwork) async -> NetworkUsage? { nil }

    public func release(_ network: TaskNetwork, id: String) async {
        if network.mode == .host {
            thread.submit { $0.ports.release(network.ports, of: id) }
        } else {
            thread.submit { $0.release(id) }
        }
    }

    public func giveBack(_ unused: Sandbox, id: String) async {
        guard unused.isPlain, let namespace = unused.namespace else { return await release(unused.network, id: id) }
        thread.submit { $0.giveBack(namespace, of: id) }
    }

    /// A task in the host's network, with ports that it binds itself.
    private func takeHost(_ ports: [PublishedPort], id: String) async throws(NetworkRefusal) -> Sandbox {
        let taken = try await thread.run { state in
            Result { () throws(NetworkRefusal) in try state.ports.take(ports, for: id, holding: false) }
        }.get()
        return Sandbox(network: TaskNetwork(mode: .host, ports: taken), namespace: nil)
    }
}

/// What makes bare namespaces, and knows which tasks have which of the host's ports; on a thread of its own.
final class LoopbackState: NetworkThreadState {
    private var maker: BareSandboxes
    var ports = PortBook()
    private var namespaces = TaskNamespaces()
    private var ended: [String] = []
    private var lull = Lull.ofNetwork

    init(_ shared: SharedPool) throws(LinuxError) {
        maker = BareSandboxes(shared, host: SharedDescriptor(try NetworkNamespace.current()))
    }

    var watched: [Int32] { [] }

    func settle() -> Int32? {
        let isLull = lull.wait == nil
        if isLull || ended.count >= Self.releaseBatch {
            for task in ended { namespaces.end(of: task) }
            ended = []
        }
        if maker.refill(inLull: isLull) { return 0 }
        return isLull ? nil : lull.wait ?? 0
    }

    /// More than in a network with addresses, of which somebody may wait for one.
    private static let releaseBatch = 128

    func give(_ namespace: SharedNamespace, to task: String) {
        lull.end()
        namespaces.hold(namespace, for: task)
    }

    func take(_ settings: [NetworkSetting], for task: String) -> Result<SharedNamespace, NetworkRefusal> {
        maker.take(settings).map { namespace in
            give(namespace, to: task)
            return namespace
        }
    }

    func release(_ task: String) {
        lull.end()
        ended.append(task)
    }

    func giveBack(_ namespace: SharedNamespace, of task: String) {
        guard maker.giveBack(namespace) else { return release(task) }
        lull.end()
        namespaces.end(of: task)
    }
}
