import BerthLaunch
import BerthModel
import BerthNetwork
import BerthStore
import Foundation

/// What an engine asks of the network for one task, from its acceptance to its end.
extension Engine {
    /// The network that a task asks for.
    ///
    /// - Returns: with it, why its kernel settings could not be made: no fault of the host's, so that the task is accepted and
    ///   fails to start, as with any other setting of its definition.
    func takeNetwork(
        id: String, _ wishes: NetworkWishes
    ) async throws(NetworkRefusal) -> (Sandbox, settingFault: String?) {
        var request = NetworkRequest(
            id: id, mode: wishes.mode, securityGroups: wishes.securityGroups, ports: wishes.ports,
            settings: wishes.settings)
        do throws(NetworkRefusal) { return (try await networks.take(request), nil) } catch {
            if request.settings.isEmpty { throw error }
            request.settings = []
            return (try await networks.take(request), error.detail)
        }
    }

    /// The namespace of a task that an earlier daemon accepted and did not launch: with the same addresses, as they were
    /// shown.
    func restoreNetwork(of live: LiveTask) async throws(NetworkRefusal) {
        let wishes = live.settings.network
        if let network = live.dossier.network {
            live.hold(try await networks.restore(network, id: live.id, settings: wishes.settings))
        } else {
            // Accepted by a version that had no network.
            let (sandbox, fault) = try await takeNetwork(id: live.id, wishes)
            live.hold(sandbox, settingFault: fault)
            // So that it is found by its new address.
            self.live.add(live)
        }
    }

    /// Gives back what a task held, once nothing of it runs any more. Doing it again changes nothing.
    func releaseNetwork(of live: LiveTask) async {
        if let unused = live.releaseSandbox() { return await networks.giveBack(unused, id: live.id) }
        guard let network = live.dossier.network else { return }
        await networks.release(network, id: live.id)
    }
}

extension NetworkWishes {
    /// As paths; the rules of registration let only names with dots pass, all beginning with `net.`.
    var settings: [NetworkSetting] {
        systemControls.compactMap { control in
            guard let name = control.namespace, let value = control.value else { return nil }
            let path = String(name.dropFirst("net.".count).map { $0 == "." ? "/" : $0 })
            return NetworkSetting(path: path, value: value)
        }
    }
}

extension StoreWriter {
    /// Keeps a task's place in the subnet for it alone; its IPv4 address stands for the IPv6 address too.
    ///
    /// - Throws: when another task has it: then the task is not accepted.
    func addLease(of network: TaskNetwork?, task: String) throws {
        guard let link = network?.link else { return }
        try addNetworkLease("\(link.ipv4)", task: task)
    }

    func removeLease(of network: TaskNetwork?, task: String) throws {
        guard let link = network?.link else { return }
        try removeNetworkLease("\(link.ipv4)", task: task)
    }
}

extension ECSTask {
    /// Shows what the task holds of the network, as ECS does for its mode.
    mutating func show(_ network: TaskNetwork, of settings: TaskSettings, region: String) {
        if network.mode == .awsvpc, let link = network.link {
            let attachment = Attachment(link, task: id, subnet: settings.network.subnets.first, region: region)
            attachments = [attachment]
            for index in containers.indices {
                containers[index].networkInterfaces = [
                    NetworkInterface(
                        attachmentId: attachment.id, privateIpv4Address: "\(link.ipv4)",
                        ipv6Address: link.ipv6.map { "\($0)" })
                ]
            }
        }
        for index in containers.indices {
            containers[index].networkBindings = settings.bindings(ofContainer: index, in: network)
        }
    }
}

extension TaskSettings {
    /// The ports of the host that lead to a container; in the host's own network its ports are the host's.
    fileprivate func bindings(ofContainer index: Int, in network: TaskNetwork) -> [NetworkBinding] {
        if network.mode == .host {
            return containers[index].portMappings.compactMap { mapping in
                guard var port = mapping.published(container: index) else { return nil }
                port.hostPort = port.containerPort
                return NetworkBinding(port)
            }
        }
        return network.ports.filter { $0.container == index }.map(NetworkBinding.init)
    }
}

extension NetworkBinding {
    /// A range is one binding, as Amazon ECS shows it.
    fileprivate init(_ port: PublishedPort) {
        let (everywhere, transport) = ("0.0.0.0", port.transport.rawValue)
        if port.count == 1 {
            self.init(
                bindIP: everywhere, containerPort: Int(port.containerPort), hostPort: Int(port.hostPort),
                protocol: transport)
        } else {
            self.init(
                bindIP: everywhere, containerPortRange: port.containerPorts.text, hostPortRange: port.hostPorts.text,
                protocol: transport)
        }
    }
}

extension ClosedRange<UInt16> {
    fileprivate var text: String { "\(lowerBound)-\(upperBound)" }
}

extension Attachment {
    /// A task's network interface, in the members that clients look for (Amazon ECS API reference, `Attachment`).
    fileprivate init(_ link: TaskLink, task: String, subnet: String?, region: String) {
        let details = [
            ("subnetId", subnet), ("networkInterfaceId", "eni-\(task.prefix(17))"), ("macAddress", "\(link.mac)"),
            ("privateDnsName", link.ipv4.privateName(region: region)), ("privateIPv4Address", "\(link.ipv4)"),
            ("ipv6Address", link.ipv6.map { "\($0)" }),
        ]
        self.init(
            id: RandomID.uuid(), type: "ElasticNetworkInterface", status: "PRECREATED",
            details: details.compactMap { name, value in value.map { KeyValuePair(name: name, value: $0) } })
    }
}
