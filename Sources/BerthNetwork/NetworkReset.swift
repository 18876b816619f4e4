import BerthLinux
import BerthModel

extension HostNetwork {
    /// Takes everything away that the network made on the host: links, bridge, firewall, changed settings.
    ///
    /// No daemon with these settings may run. What is not there is no error.
    ///
    /// - Parameter force: also while tasks have links, which they lose; without it that is an error (`inUse`).
    public static func reset(_ settings: NetworkSettings, force: Bool) async throws(NetworkSetupError) {
        let result: Result<Void, NetworkSetupError> = await withCheckedContinuation { continuation in
            do {
                try startThread(name: HostState.thread) {
                    do {
                        try takeAway(settings, force: force)
                        continuation.resume(returning: .success(()))
                    } catch let error as NetworkSetupError {
                        continuation.resume(returning: .failure(error))
                    } catch {
                        let detail = "the tasks' network cannot be taken away: \(error)"
                        continuation.resume(returning: .failure(NetworkSetupError(.kernel, detail)))
                    }
                }
            } catch {
                continuation.resume(returning: .failure(NetworkSetupError(.kernel, "\(error)")))
            }
        }
        try result.get()
    }

    /// On a thread of its own.
    static func takeAway(_ settings: NetworkSettings, force: Bool) throws {
        if let namespace = settings.host { try NetworkNamespace.enter(namespace.number) }
        let routes = try NetlinkSocket(.route)
        let links = try routes.dump(LinkRequest.list()).compactMap(NetworkLink.init)
        let bridge = links.first { $0.name == settings.bridge }
        if let bridge, !Bridge.isOwn(bridge, settings) {
            throw NetworkSetupError(
                .foreignBridge, "network.bridge '\(settings.bridge)' is a link of somebody else's: it is left as it is")
        }
        let ports = links.filter { $0.kind == "veth" && $0.name.hasPrefix(settings.plan.prefix) }
        if !ports.isEmpty, !force {
            throw NetworkSetupError(
                .inUse, "\(ports.count) tasks have links on '\(settings.bridge)': stop them first, or use --force")
        }
        try routes.perform((ports + (bridge.map { [$0] } ?? [])).map { LinkRequest.delete($0.name) })
        // Another daemon's tasks need them as they are.
        let isLast = !links.contains { $0.kind == "bridge" && $0.name != settings.bridge && $0.group == Bridge.group }
        var changes = try HostSettings(memory: settings.memory)
        if isLast { try changes.restore() }
        // Last: while anything was forwarded it was in force.
        try Firewall.remove(FirewallPlan(addresses: settings.plan, connections: settings.connections))
    }
}
