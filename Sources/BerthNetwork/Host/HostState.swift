import BerthLinux
import BerthModel
import Synchronization

/// The pool, where any thread may take from it.
final class SharedPool: Sendable {
    let pool: Mutex<SandboxPool>
    /// Takes that found the pool empty and wait for the network's thread.
    let waiting = Atomic(0)
    init(_ pool: SandboxPool) { self.pool = Mutex(pool) }
}

/// The host's end and everything that hangs on it; on the network's own thread.
final class HostState: NetworkThreadState {
    let settings: NetworkSettings
    let shared: SharedPool
    let host: SharedDescriptor
    var bare: BareSandboxes
    let routes: NetlinkSocket
    var bridge: Bridge
    let firewall: Firewall
    let watch: FirewallWatch
    /// Nil once the network is drained: what somebody does to the bridge then is not undone.
    var bridgeWatch: BridgeWatch?
    /// Something was heard of the bridge, or it could not be mended yet.
    var isBridgeUnsure = true
    /// Links that were taken out of it, and are not back yet.
    var departed: Set<String> = []
    /// It was begun to be made anew, and not all of it is done.
    var isRemakingBridge = false
    /// Why not, as it was told last.
    var bridgeFault: String?
    var changes: HostSettings
    var factory: SandboxFactory
    var addresses: AddressBook
    var ports: PortBook
    /// By task, until what it had is taken away.
    var namespaces = TaskNamespaces()
    var releases: [(network: TaskNetwork, owner: AddressBook.Owner)] = []
    /// When they are taken away at the latest.
    private var releasesDue: ContinuousClock.Instant?
    /// When connections of ended tasks are ended at the latest, if there is a lull: they take room in a table that all share.
    var connectionsDue: ContinuousClock.Instant?
    var lull = Lull.ofNetwork
    /// That old connections cannot be ended is told once.
    var hasReportedConnections = false

    static let thread = "berth-network"

    /// Sets the host's end up, or takes it up from an earlier daemon, and lets all traffic of `holding` through again.
    init(_ settings: NetworkSettings, holding: [HeldNetwork], shared: SharedPool) throws {
        try settings.check()
        try settings.beforeSetUp()
        self.settings = settings
        self.shared = shared
        if let namespace = settings.host { try NetworkNamespace.enter(namespace.number) }
        host = SharedDescriptor(try NetworkNamespace.current())
        bare = BareSandboxes(shared, host: host)
        routes = try NetlinkSocket(.route)
        bridge = try Bridge.setUp(settings, routes)
        changes = try HostSettings(memory: settings.memory)
        bridgeWatch = try BridgeWatch(index: bridge.index)
        factory = SandboxFactory(plan: bridge.plan, mtu: bridge.mtu, segments: bridge.segments)
        let claims = Claims(holding, bridge.plan)
        (addresses, ports) = (claims.addresses, claims.ports)
        let holding = claims.networks
        // Before the first transaction, so that no change of somebody else's falls between.
        watch = try FirewallWatch(table: settings.bridge, ownThread: Self.thread)
        var plan = FirewallPlan(addresses: bridge.plan, connections: settings.connections)
        plan.forwardsOnlyTasks = changes.makesForwarding
        let links = try bridge.ports(routes)
        let living = Set(links.map(\.name))
        let addressPlan = bridge.plan
        try HostState.check(holding, living: living, addressPlan)
        let members = holding.compactMap { network -> FirewallMember? in
            guard let link = network.link, living.contains(link.hostName), addressPlan.place(link.ipv4) != nil else {
                return nil
            }
            return HostState.member(link, network)
        }
        firewall = try Firewall(plan, groups: settings.securityGroups, members: members)
        try takeUp(holding, links)
        try firewall.rebuild()
        // Only now: a host never forwards what the firewall does not look at.
        try changes.apply(bridge: settings.bridge, ipv6: bridge.plan.subnet6 != nil)
        // An earlier daemon may have ended before it did.
        endLeftConnections()
        try makeFirst()
    }

    /// The pool's first namespace, now: a kernel without what it takes shows there, and not only with the first task.
    private func makeFirst() throws {
        guard let wanted = shared.pool.withLock({ $0.missing(inLull: true) }), addresses.free > wanted.count else {
            return
        }
        do {
            let made = try make(1, wanted.profile)
            shared.pool.withLock { pool in made.forEach { pool.add($0) } }
        } catch let error as LinuxError where error.errno != .notSupportedOnSocket {
            // Anything else may be otherwise with the first task.
        }
    }

    /// A task that runs keeps its address, and what follows from it: another subnet has other names and addresses.
    private static func check(_ holding: [TaskNetwork], living: Set<String>, _ plan: AddressPlan)
        throws(NetworkSetupError)
    {
        for link in holding.compactMap(\.link) where living.contains(link.hostName) {
            let own = plan.place(link.ipv4).map(plan.link)
            guard own?.hostName != link.hostName || own?.mac != link.mac else { continue }
            throw NetworkSetupError(
                .invalid,
                "network.subnet '\(plan.subnet)' is not that of the task with address \(link.ipv4), which still runs: put the "
                    + "subnet back until it has ended")
        }
    }

    static func member(_ link: TaskLink, _ network: TaskNetwork) -> FirewallMember {
        FirewallMember(link: link, profile: Profile(network.securityGroups), ports: network.ports)
    }

    var watched: [Int32] { [watch.descriptor] + (bridgeWatch.map { [$0.descriptor] } ?? []) }

    func settle() -> Int32? {
        if let bridgeWatch { attend(to: bridgeWatch) }
        let isForeign = watch.hasForeignChange()
        if isForeign || firewall.mustRebuild {
            mend(isForeign ? "were changed by somebody else" : "were not up to date")
        }
        let isLull = lull.wait == nil
        let isDue = releasesDue.map { $0 <= .now } ?? false
        if isLull || isDue || releases.count >= Self.releaseBatch { carryOutReleases() }
        let areConnectionsDue = isLull && connectionsDue.map { $0 <= .now } ?? false
        if areConnectionsDue || addresses.left.count >= Self.connectionsBatch { endLeftConnections() }
        if refill(inLull: isLull) { return 0 }
        var waits: [Int32] = []
        if firewall.mustRebuild || bridgeWatch != nil && (isBridgeUnsure || !departed.isEmpty) { waits.append(1000) }
        if !isLull { waits.append(lull.wait ?? 0) }
        if !releases.isEmpty {
            let due = releasesDue ?? .now + Self.releasePause
            releasesDue = due
            waits.append(Lull.milliseconds(until: due) ?? 0)
        }
        if isLull, let connectionsDue { waits.append(Lull.milliseconds(until: connectionsDue) ?? 0) }
        return waits.min()
    }

    private func mend(_ cause: String) {
        let tables = "the firewall's tables '\(settings.bridge)'"
        do {
            try firewall.rebuild()
            settings.report("\(tables) \(cause) and are made anew")
        } catch {
            settings.report("\(tables) cannot be made anew: \(error)")
        }
    }

    // MARK: After an earlier daemon

    /// Links of tasks that live or wait; those that nobody holds are what was left of a pool.
    private func takeUp(_ holding: [TaskNetwork], _ links: [NetworkLink]) throws {
        let held = Set(holding.compactMap { $0.link?.hostName })
        _ = try routes.outcomes(of: links.filter { !held.contains($0.name) }.map { LinkRequest.delete($0.name) })
        let neighbours = try routes.dump(AddressRequest.listNeighbours()).compactMap(NetworkNeighbour.init)
        let stale = neighbours.filter { $0.index == bridge.index && $0.isPermanent }
        _ = try routes.outcomes(of: stale.map { AddressRequest.deleteNeighbour($0.address, index: bridge.index) })
        for network in holding {
            guard let link = network.link, let found = links.first(where: { $0.name == link.hostName }) else {
                continue
            }
            // With the daemon it may have gone, if its task was not launched yet.
            _ = try connectIfThere(link, found)
        }
    }

    // MARK: The pool

    /// Makes a batch of what the pool lacks.
    ///
    /// - Returns: whether it lacks more.
    private func refill(inLull isLull: Bool) -> Bool {
        let lacksBare = bare.refill(inLull: isLull)
        let (missing, unwanted) = shared.pool.withLock { ($0.missing(inLull: isLull), $0.takeUnwanted()) }
        discard(unwanted)
        // The last addresses are for tasks that ask for one.
        guard let missing, addresses.free > missing.count else { return lacksBare }
        let made = (try? make(min(missing.count, Self.batch), missing.profile)) ?? []
        shared.pool.withLock { pool in made.forEach { pool.add($0) } }
        return lacksBare || !made.isEmpty && missing.count > Self.batch
    }

    /// Namespaces with links, ready to be taken.
    func make(_ count: Int, _ profile: Profile) throws -> [ReadySandbox] {
        var places: [UInt32] = []
        if addresses.givable < min(count, addresses.free) { endLeftConnections() }
        while places.count < count, let place = addresses.take() { places.append(place) }
        do {
            return try make(places, profile)
        } catch {
            places.forEach { addresses.free($0) }
            throw error
        }
    }

    /// At places that are taken already.
    func make(_ places: [UInt32], _ profile: Profile, _ ports: [PublishedPort] = []) throws -> [ReadySandbox] {
        let links = places.map(bridge.plan.link)
        let rates = firewall.rates(profile)
        let orders = links.map { SandboxFactory.Order(link: $0, rates: rates) }
        let namespaces: [SharedNamespace]
        do { namespaces = try fill(orders) } catch {
            // Somebody's hand was in it: the notice of that may not have been read yet.
            guard mendBridge() else { throw error }
            namespaces = try fill(orders)
        }
        do {
            try firewall.add(links.map { FirewallMember(link: $0, profile: profile, ports: ports) })
        } catch {
            removeLinks(links)
            throw error
        }
        return zip(zip(places, links), namespaces).map {
            ReadySandbox(place: $0.0, link: $0.1, profile: profile, namespace: $1)
        }
    }

    private func fill(_ orders: [SandboxFactory.Order]) throws(LinuxError) -> [SharedNamespace] {
        try factory.make(orders, bridge: bridge.index, host: host.descriptor, routes: routes)
    }

    func discard(_ sandboxes: [ReadySandbox]) {
        releases += sandboxes.map {
            (TaskNetwork(mode: .awsvpc, link: $0.link, securityGroups: $0.profile.groups), .pool)
        }
    }

    // MARK: The end of a task's network

    /// Takes it away soon, together with others'.
    func release(_ network: TaskNetwork, of task: String) {
        // Whoever sees a task end starts the next one.
        lull.end()
        releases.append((network, .task(task)))
    }

    /// Takes back what no process has entered: it waits for the next task of the same groups, unless somebody has sent it more
    /// than a link has of its own.
    func giveBack(_ network: TaskNetwork, _ namespace: SharedNamespace, of task: String) {
        guard let link = network.link else {
            if !bare.giveBack(namespace) { return release(network, of: task) }
            lull.end()
            return namespaces.end(of: task)
        }
        guard let place = bridge.plan.place(link.ipv4), isOwner(.task(task), of: link), isUnused(link),
            shared.pool.withLock({
                $0.giveBack(
                    ReadySandbox(
                        place: place, link: link, profile: Profile(network.securityGroups), namespace: namespace))
            })
        else { return release(network, of: task) }
        lull.end()
        addresses.giveBack(place)
        namespaces.end(of: task)
    }

    private func isUnused(_ link: TaskLink) -> Bool {
        guard let usage = usage(link) else { return false }
        return usage.receivedPackets + usage.sentPackets <= Self.ownPackets
            && usage.receivedBytes + usage.sentBytes <= Self.ownBytes
    }

    func carryOutReleases() {
        if releases.isEmpty { return }
        let ended = releases
        (releases, releasesDue) = ([], nil)
        // One outside the plan is of an earlier subnet: its link's name may be another's by now, its ports are its own. One that
        // is another's by now was given back before, or named by two.
        let links = ended.compactMap { network, owner in
            network.link.flatMap { isOwner(owner, of: $0) ? $0 : nil }
        }
        do {
            try firewall.remove(links.map(\.ipv4)) { profile in profile.groups == [SecurityGroup.defaultID] }
        } catch {
            settings.report("the firewall keeps addresses of ended tasks until it is made anew: \(error)")
        }
        removeLinks(links)
        for case (let network, .task(let task)) in ended {
            ports.release(network.ports, of: task)
            namespaces.end(of: task)
        }
        for link in links { if let place = bridge.plan.place(link.ipv4) { addresses.free(place) } }
        // Who sent to a port of the host must not go on sending to the address that it led to.
        if ended.contains(where: { $0.network.link != nil && !$0.network.ports.isEmpty }) { endLeftConnections() }
        if !addresses.left.isEmpty, connectionsDue == nil { connectionsDue = .now + Self.connectionsPause }
    }

    private func isOwner(_ owner: AddressBook.Owner, of link: TaskLink) -> Bool {
        bridge.plan.place(link.ipv4).flatMap(addresses.owner) == owner
    }

    /// Takes links away with both ends, whoever still holds the namespace, and what the host knew of their neighbours.
    func removeLinks(_ links: [TaskLink]) {
        if links.isEmpty { return }
        // Each answer may be that it is gone already: the namespace has ended by itself.
        if links.count == 1 {
            _ = try? routes.outcomes(of: links.map { LinkRequest.delete($0.hostName) })
        } else {
            let grouped = links.map { LinkRequest.setGroup($0.hostName, Self.endedGroup) }
            _ = try? routes.outcomes(of: grouped + [LinkRequest.delete(group: Self.endedGroup)])
        }
        let neighbours = links.flatMap { [$0.ipv4.bytes] + ($0.ipv6.map { [$0.bytes] } ?? []) }
        _ = try? routes.outcomes(of: neighbours.map { AddressRequest.deleteNeighbour($0, index: bridge.index) })
    }

    /// What crosses a link that nobody uses: both ends tell of their IPv6 multicast groups a few times (RFC 3810), about six
    /// packets altogether.
    private static let ownPackets: UInt64 = 16
    /// A packet of a program's may have 64 KiB.
    private static let ownBytes: UInt64 = 2048
    /// How many are made or taken away at a time: so long a task waits at most that came in between.
    static let batch = 8
    static let releaseBatch = 32
    private static let releasePause = Duration.milliseconds(100)
    private static let connectionsBatch = 256
    private static let connectionsPause = Duration.seconds(5)
    /// Any number that nobody else uses: links are taken away by it.
    private static let endedGroup: UInt32 = 0xbe57
}
