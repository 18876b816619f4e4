import BerthLinux
import BerthModel

/// The host's end of the tasks' network; on the network's own thread.
struct Bridge {
    var index: Int32
    var mtu: UInt32
    var segments: LargestSegments
    /// Nil where the host's kernel has no IPv6, though the configuration asks for it.
    var plan: AddressPlan

    /// Makes the bridge, or takes up the one that an earlier daemon made, and gives it its addresses.
    ///
    /// Throws ``NetworkSetupError`` for what the operator has to change, and ``LinuxError`` for what the kernel refuses.
    static func setUp(_ settings: NetworkSettings, _ routes: NetlinkSocket) throws -> Bridge {
        let links = try routes.dump(LinkRequest.list()).compactMap(NetworkLink.init)
        let found = links.first { $0.name == settings.bridge }
        if let found, !isOwn(found, settings) {
            let owner = found.alias.map { " ('\($0)')" } ?? ""
            throw NetworkSetupError(
                .foreignBridge,
                "network.bridge '\(settings.bridge)' is a link of somebody else's\(owner): set network.bridge to a free name"
            )
        }
        var plan = settings.plan
        if !HostSettings.exists("ipv6") { plan.subnet6 = nil }
        let allRoutes = try routes.dump(AddressRequest.listRoutes()).compactMap(NetworkRoute.init)
        let addresses = try routes.dump(AddressRequest.list()).compactMap(NetworkAddress.init)
        try SubnetCheck.check(plan, routes: allRoutes, addresses: addresses, links: links, own: found?.index)
        let mtu = settings.mtu != 0 ? settings.mtu : uplinkMTU(links, allRoutes)
        let segments = LargestSegments(
            settings.bigTCP, uplinks: uplinks(links, allRoutes), isKnown: links.contains { $0.largestSegment != nil })
        let index = try found?.index ?? make(settings, plan, mtu, routes)
        // Where the host has IPv6 switched off for new links, the bridge has it all the same.
        let isOff = "ipv6/conf/\(settings.bridge)/disable_ipv6"
        if plan.subnet6 != nil, (try? HostSettings.write(isOff, "0")) == nil { plan.subnet6 = nil }
        let wanted = ownAddresses(plan)
        let stale = addresses.filter { address in
            address.index == index && !wanted.contains { $0.bytes == address.address && $0.prefix == address.prefix }
        }
        if !stale.isEmpty {
            try routes.perform(stale.map { AddressRequest.delete($0.address, prefix: $0.prefix, of: index) })
        }
        try routes.perform(
            [
                LinkRequest.setAlias(index, settings.bridge, settings.alias),
                LinkRequest.setGroup(settings.bridge, group),
                // Of another subnet it had another, and tasks know the one that belongs to theirs.
                LinkRequest.setAddress(index, settings.bridge, plan.gatewayMAC.bytes),
                LinkRequest.setMTU(index, settings.bridge, mtu),
                LinkRequest.withoutOwnAddresses(index, settings.bridge),
                LinkRequest.setUp(index, settings.bridge),
            ] + wanted.map { AddressRequest.add($0.bytes, prefix: $0.prefix, to: index) })
        if let size = found?.largestSegment, segments.host == nil, size > LargestSegments.usual {
            try routes.perform(LinkRequest.setLargestSegment(index, settings.bridge, LargestSegments.usual))
        }
        return Bridge(index: index, mtu: mtu, segments: segments, plan: plan)
    }

    /// The group of links (IFLA_GROUP) that the bridges of all daemons of this host are in: none cuts another's tasks off.
    static let group: UInt32 = 0x6265_7274

    /// Whether a link of the bridge's name was made with these settings; also by a daemon that died before it could write
    /// its name on it.
    static func isOwn(_ link: NetworkLink, _ settings: NetworkSettings) -> Bool {
        guard link.kind == "bridge" else { return false }
        if let alias = link.alias { return alias == settings.alias }
        return link.address == settings.plan.gatewayMAC.bytes
    }

    /// All links of tasks and of the pool.
    func ports(_ routes: NetlinkSocket) throws(LinuxError) -> [NetworkLink] {
        try routes.dump(LinkRequest.list()).compactMap(NetworkLink.init).filter {
            $0.name.hasPrefix(plan.prefix) && $0.kind == "veth"
        }
    }

    private static func make(
        _ settings: NetworkSettings, _ plan: AddressPlan, _ mtu: UInt32, _ routes: NetlinkSocket
    ) throws(LinuxError) -> Int32 {
        let answers = try routes.perform([
            // With an address of its own it does not take that of a port, which would change as ports come and go.
            LinkRequest.makeBridge(
                settings.bridge, address: plan.gatewayMAC.bytes, mtu: mtu),
            LinkRequest.find(settings.bridge),
        ])
        guard let made = answers[1].first.flatMap(NetworkLink.init) else {
            throw LinuxError("find", "bridge \(settings.bridge)", errno: .noSuchFileOrDirectory)
        }
        return made.index
    }

    static func ownAddresses(_ plan: AddressPlan) -> [(bytes: [UInt8], prefix: Int)] {
        var all = [(plan.gateway.bytes, plan.subnet.prefix)]
        if let subnet6 = plan.subnet6, let gateway6 = plan.gateway6 { all.append((gateway6.bytes, subnet6.prefix)) }
        return all + [(NetworkSettings.metadata.bytes, 32), (NetworkSettings.resolver.bytes, 32)]
    }

    /// Of the link with the best default route; Ethernet's 1,500 where there is none.
    private static func uplinkMTU(_ links: [NetworkLink], _ routes: [NetworkRoute]) -> UInt32 {
        let best = defaultRoutes(routes).filter { $0.family == 2 }.min { $0.metric < $1.metric }
        return links.first { $0.index == best?.index }?.mtu ?? 1500
    }

    /// The largest segments of the links with a default route, of either family.
    private static func uplinks(_ links: [NetworkLink], _ routes: [NetworkRoute]) -> [UInt32?] {
        let indexes = Set(defaultRoutes(routes).map(\.index))
        return links.filter { indexes.contains($0.index) }.map(\.largestSegment)
    }

    private static func defaultRoutes(_ routes: [NetworkRoute]) -> [NetworkRoute] {
        routes.filter { $0.prefix == 0 && $0.isUnicast && $0.table == 254 }
    }
}
