import BerthLinux
import BerthModel

extension ReadySandbox {
    /// - Parameter isPlain: see ``Sandbox/isPlain``.
    func sandbox(_ mode: TaskNetwork.Mode, ports: [PublishedPort] = [], isPlain: Bool) -> Sandbox {
        let network = TaskNetwork(mode: mode, link: link, securityGroups: profile.groups, ports: ports)
        return Sandbox(
            network: network, namespace: namespace, counters: [TrafficCounter.file], isPlain: isPlain)
    }
}

/// What the engine asks for, a task at a time.
extension HostState {
    /// One of the pool is a task's from now on.
    func give(_ ready: ReadySandbox, to task: String) {
        lull.end()
        addresses.give(ready.place, to: task)
        namespaces.hold(ready.namespace, for: task)
    }

    func giveBare(_ namespace: SharedNamespace, to task: String) {
        lull.end()
        namespaces.hold(namespace, for: task)
    }

    func take(_ wanted: NetworkRequest, _ profile: Profile) -> Result<Sandbox, NetworkRefusal> {
        Result { () throws(NetworkRefusal) in
            let waiting = shared.waiting.subtract(1, ordering: .relaxed).oldValue
            let published = wanted.mode == .bridge ? try takePorts(wanted) : []
            do throws(NetworkRefusal) {
                let ready = try ready(profile, others: waiting - 1)
                do throws(NetworkRefusal) {
                    try bare.apply(wanted.settings, to: ready.namespace)
                    if !published.isEmpty { try publish(published, ready.link) }
                } catch {
                    discard([ready])
                    throw error
                }
                give(ready, to: wanted.id)
                return ready.sandbox(
                    wanted.mode, ports: published, isPlain: published.isEmpty && wanted.settings.isEmpty)
            } catch {
                ports.release(published, of: wanted.id)
                throw error
            }
        }
    }

    /// After those that ended tasks gave back.
    func takePorts(_ wanted: NetworkRequest) throws(NetworkRefusal) -> [PublishedPort] {
        if !wanted.ports.isEmpty { carryOutReleases() }
        return try ports.take(wanted.ports, for: wanted.id, holding: wanted.mode == .bridge)
    }

    /// Those of a task in the host's network, which are its own already if they were told at the start.
    func restorePorts(of network: TaskNetwork, _ id: String) -> Result<Sandbox, NetworkRefusal> {
        Result { () throws(NetworkRefusal) in
            carryOutReleases()
            ports.release(network.ports, of: id)
            _ = try ports.take(network.ports, for: id, holding: false)
            return Sandbox(network: network, namespace: nil)
        }
    }

    /// From the pool, or made now: together with those that others wait for.
    private func ready(_ profile: Profile, others: Int) throws(NetworkRefusal) -> ReadySandbox {
        if let ready = shared.pool.withLock({ $0.take(profile) }) { return ready }
        if addresses.free == 0 {
            if let unwanted = shared.pool.withLock({ $0.takeAny() }) { discard([unwanted]) }
            carryOutReleases()
        }
        if addresses.free == 0 {
            throw NetworkRefusal(
                .interface,
                "all \(addresses.capacity) addresses that network.subnet \(settings.subnet) has for tasks are in use")
        }
        do {
            var made = try make(max(1, min(others + 1, Self.batch)), profile)
            guard let first = made.popLast() else { throw NetworkRefusal(.interface, "no address is free") }
            shared.pool.withLock { pool in made.forEach { pool.add($0) } }
            return first
        } catch {
            throw NetworkRefusal(.interface, "no network could be made: \(error)")
        }
    }

    func takeBare(_ wanted: [NetworkSetting], for task: String) -> Result<Sandbox, NetworkRefusal> {
        bare.take(wanted).map { namespace in
            giveBare(namespace, to: task)
            return Sandbox(network: TaskNetwork(mode: .none), namespace: namespace, isPlain: wanted.isEmpty)
        }
    }

    func restore(_ network: TaskNetwork, _ id: String, _ wanted: [NetworkSetting]) -> Result<Sandbox, NetworkRefusal> {
        Result { () throws(NetworkRefusal) in
            guard let link = network.link, let place = bridge.plan.place(link.ipv4), bridge.plan.link(place) == link
            else {
                let address = network.link.map { "\($0.ipv4)" } ?? "of the task"
                throw NetworkRefusal(
                    .interface, "the address \(address) is not one of network.subnet \(settings.subnet) any more")
            }
            if let waiting = shared.pool.withLock({ $0.take(place: place) }) { discard([waiting]) }
            // What an earlier daemon made for it may still be there, for the moment that a namespace's end takes.
            carryOutReleases()
            if addresses.left.contains(place) { endLeftConnections() }
            guard addresses.take(place, for: id) else {
                let owner = addresses.owner(of: place) ?? .pool
                throw NetworkRefusal(.interface, "the address \(link.ipv4) is that of \(owner)")
            }
            removeLinks([link])
            let profile = Profile(network.securityGroups)
            // Theirs already if they were told at the start.
            ports.release(network.ports, of: id)
            let published = try ports.take(network.ports, for: id)
            do {
                guard let made = try make([place], profile, published).first else {
                    throw NetworkRefusal(.interface, "no network could be made")
                }
                try bare.apply(wanted, to: made.namespace)
                endStrayDatagrams(to: published)
                namespaces.hold(made.namespace, for: id)
                return made.sandbox(network.mode, ports: published, isPlain: false)
            } catch let error as NetworkRefusal {
                throw error
            } catch {
                throw NetworkRefusal(.interface, "no network could be made: \(error)")
            }
        }
    }

    func adopt(_ network: TaskNetwork, _ id: String) {
        let place = network.link.flatMap { bridge.plan.place($0.ipv4) }
        if let link = network.link, let place, !addresses.take(place, for: id) {
            let owner = addresses.owner(of: place) ?? .pool
            return settings.report("task \(id) has no address any more: \(link.ipv4) is that of \(owner)")
        }
        var network = network
        let listed = network.ports.flatMap(HostPort.all)
        network.ports = ports.enter(network.ports, for: id, holding: network.mode == .bridge)
        for port in listed where !network.ports.flatMap(HostPort.all).contains(port) {
            settings.report("task \(id) has no host port \(port) any more: another task has it")
        }
        guard let link = network.link, place != nil else { return }
        let member = HostState.member(link, network)
        if firewall.members[link.ipv4] == member { return }
        do {
            if let found = try routes.perform(LinkRequest.find(link.hostName)).first.flatMap(NetworkLink.init) {
                _ = try connectIfThere(link, found)
            }
            try firewall.add([member])
        } catch let error as LinuxError where error.errno == .operationNotSupportedByDevice {
            // It ended while no daemon ran, and its link with it: it is only to be given back.
        } catch {
            settings.report("task \(id) is not reachable: \(error)")
        }
    }

    func usage(_ link: TaskLink) -> NetworkUsage? {
        let found = try? routes.perform(LinkRequest.find(link.hostName)).first.flatMap(NetworkLink.init)
        guard let counters = found?.counters else { return nil }
        // What the host's end received the task sent.
        return NetworkUsage(
            receivedBytes: counters.sentBytes, receivedPackets: counters.sentPackets,
            sentBytes: counters.receivedBytes, sentPackets: counters.receivedPackets)
    }

    var status: NetworkStatus {
        let (ready, readyBare) = shared.pool.withLock { ($0.count, $0.bare.count) }
        return NetworkStatus(
            bridge: settings.bridge, subnet: bridge.plan.subnet, subnet6: bridge.plan.subnet6,
            gateway: bridge.plan.gateway, gateway6: bridge.plan.gateway6, mtu: bridge.mtu, ready: ready,
            readyBare: readyBare,
            used: addresses.used - ready - releases.count { $0.network.link != nil }, capacity: addresses.capacity,
            forwardsOnlyTasks: firewall.plan.forwardsOnlyTasks.ipv4)
    }

    private func publish(_ published: [PublishedPort], _ link: TaskLink) throws(NetworkRefusal) {
        do { try firewall.publish(published, of: link.ipv4) } catch {
            throw NetworkRefusal(.interface, "ports could not be published: \(error)")
        }
        endStrayDatagrams(to: published)
    }
}
