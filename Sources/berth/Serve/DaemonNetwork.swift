import BerthAPI
import BerthEngine
import BerthLinux
import BerthModel
import BerthNetwork
import BerthStore
import Logging

/// The tasks' network, as the configuration wants it, with what is served in it.
struct DaemonNetwork {
    let networks: any TaskNetworks
    /// Nil where tasks have no network.
    let host: HostNetwork?

    /// - Parameter store: tells what is held already.
    /// - Throws: ``CommandFailure`` for what an operator has to change. A kernel without what it takes is no reason not to
    ///   serve: then each task that needs a network is refused, and told why.
    static func start(
        _ settings: Configuration, root: String, store: Store, logger: Logger
    ) async throws -> DaemonNetwork {
        guard settings.network.isEnabled else {
            return DaemonNetwork(networks: try await LoopbackNetworks.start(pool: settings.network.pool), host: nil)
        }
        let wanted = try settings.networkSettings(root: root) { logger.warning("\($0)") }
        switch await onHost(wanted, holding: try await Engine.networksHeld(in: store)) {
        case .success(let network):
            logger.info("tasks have a network", metadata: ["bridge": "\(wanted.bridge)", "subnet": "\(wanted.subnet)"])
            return DaemonNetwork(networks: network, host: network)
        case .failure(let error) where error.code == .kernel:
            logger.warning("no task gets a network: \(error)")
            let others = try await LoopbackNetworks.start(pool: settings.network.pool)
            return DaemonNetwork(networks: UnavailableNetworks(others, cause: error), host: nil)
        case .failure(let error): throw CommandFailure("\(error)")
        }
    }

    /// Apart from ``start(_:root:store:logger:)``: Swift 6.3's optimizer ends on a typed error caught beside other calls.
    private static func onHost(
        _ settings: NetworkSettings, holding: [HeldNetwork]
    ) async -> Result<HostNetwork, NetworkSetupError> {
        do throws(NetworkSetupError) { return .success(try await HostNetwork.start(settings, holding: holding)) } catch
        {
            return .failure(error)
        }
    }

    /// What tasks find at their own addresses, to be run beside the API; none without a network. The firewall is told where
    /// as soon as it listens.
    func servers(_ engine: Engine, keys: RoleKeys, settings: Configuration, logger: Logger) -> TaskServers? {
        guard let host, let facts = host.facts else { return nil }
        let apiPorts = settings.network.taskAPI ? [UInt16(clamping: settings.listen.port)] : []
        return TaskServers(
            engine, facts: facts, keys: keys, nameservers: settings.network.nameservers, logger: logger
        ) { ports in
            try await host.serve(
                NetworkServices(metadataPort: ports.metadata, resolverPort: ports.resolver, apiPorts: apiPorts))
        }
    }
}

extension Configuration {
    /// - Parameter report: told what the operator should know.
    func networkSettings(
        root: String, report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> NetworkSettings {
        guard let subnet = network.subnet else { throw CommandFailure("network.subnet is missing") }
        return NetworkSettings(
            bridge: network.bridge, subnet: subnet, subnet6: network.subnet6, mtu: UInt32(network.mtu ?? 0),
            bigTCP: network.bigTCP, pool: network.pool, connections: UInt32(network.connections),
            securityGroups: try network.securityGroups.map { try SecurityGroupFile.read($0) } ?? [], owner: root,
            memory: root + "/network", report: report)
    }
}
