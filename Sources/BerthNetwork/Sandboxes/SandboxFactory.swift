import BerthLinux
import BerthModel
import Glibc

/// Makes network namespaces, many at a time; on the network's own thread.
struct SandboxFactory {
    var plan: AddressPlan
    var mtu: UInt32
    var segments: LargestSegments
    /// Bits a second a task may receive and send; nil for no bound.
    typealias Rates = (receive: UInt64?, send: UInt64?)

    struct Order {
        var link: TaskLink
        var rates: Rates
    }

    /// A namespace with nothing but a loopback link that is up. The thread is in `host` again afterwards.
    ///
    /// - Parameter procfs: see ``procfs()``.
    static func makeBare(
        host: borrowing OwnedDescriptor, _ procfs: SharedDescriptor
    ) throws(LinuxError) -> SharedNamespace {
        let (namespace, socket) = try inside(host, procfs)
        try socket.perform(LinkRequest.setUp(loopback, "lo"))
        return namespace
    }

    /// A namespace for each order, in order, with its link up and its addresses; all of them or none.
    func make(
        _ orders: [Order], bridge: Int32, host: borrowing OwnedDescriptor, routes: NetlinkSocket
    ) throws(LinuxError) -> [SharedNamespace] {
        var made: [(namespace: SharedNamespace, socket: NetlinkSocket)] = []
        let procfs = try Self.procfs()
        for _ in orders { made.append(try Self.inside(host, procfs)) }
        do throws(LinuxError) {
            let pairs = zip(orders, made).flatMap { order, inside in
                [pair(order.link, inside.namespace.network.number, bridge), LinkRequest.find(order.link.hostName)]
            }
            let answers = try routes.perform(pairs)
            var near: [NetlinkRequest] = []
            var ends: [LinkReadiness.End] = []
            for (number, order) in orders.enumerated() {
                guard let found = answers[2 * number + 1].first.flatMap(NetworkLink.init) else {
                    throw LinuxError("find", "link \(order.link.hostName)", errno: .noSuchFileOrDirectory)
                }
                near += nearEnd(order, found.index, bridge: bridge)
                ends.append((found.index, order.link.hostName))
            }
            // A bridge takes more than the usual only once it has a port that does.
            if let size = segments.host { near.append(LinkRequest.setLargestSegment(bridge, "bridge", size)) }
            try routes.perform(near)
            // The end that is started last passes frames at once; the other only when the kernel has noticed that it may.
            for (order, inside) in zip(orders, made) { try farEnd(order, inside.socket) }
            if !ends.isEmpty { try LinkReadiness.wait(for: ends + [(bridge, plan.bridge)], routes) }
        } catch {
            // ENODEV for those that were not made.
            _ = try? routes.outcomes(of: orders.map { LinkRequest.delete($0.link.hostName) })
            throw error
        }
        return made.map(\.namespace)
    }

    private func pair(_ link: TaskLink, _ namespace: Int32, _ bridge: Int32) -> NetlinkRequest {
        LinkRequest.makePair(
            .init(name: link.hostName, address: Self.nearMAC(link), largestSegment: segments.host),
            .init(name: Self.taskEnd, address: link.mac.bytes, largestSegment: segments.task),
            in: namespace, mtu: mtu, master: bridge)
    }

    /// What the host knows of a link: where its frames go, and how fast.
    func nearEnd(_ order: Order, _ index: Int32, bridge: Int32) -> [NetlinkRequest] {
        let link = order.link
        var requests = [
            LinkRequest.withoutOwnAddresses(index, link.hostName), LinkRequest.isolatePort(index, link.hostName),
            LinkRequest.setUp(index, link.hostName), AddressRequest.addForwarding(of: link.mac.bytes, to: index),
            AddressRequest.addNeighbour(link.ipv4.bytes, at: link.mac.bytes, index: bridge),
        ]
        if let ipv6 = link.ipv6 {
            requests.append(AddressRequest.addNeighbour(ipv6.bytes, at: link.mac.bytes, index: bridge))
        }
        if let rate = order.rates.receive {
            requests.append(RateRequest.bound(index, link.hostName, bitsPerSecond: rate))
        }
        return requests
    }

    private func farEnd(_ order: Order, _ socket: NetlinkSocket) throws(LinuxError) {
        let first = try socket.perform([
            LinkRequest.setUp(Self.loopback, "lo"), LinkRequest.find(Self.taskEnd),
        ])
        guard let index = first[1].first.flatMap(NetworkLink.init)?.index else {
            throw LinuxError("find", "link \(Self.taskEnd)", errno: .noSuchFileOrDirectory)
        }
        var requests = [
            LinkRequest.withoutOwnAddresses(index, Self.taskEnd), LinkRequest.setUp(index, Self.taskEnd),
        ]
        // The address is the task's alone (/32): every other, another task's too, is behind the gateway.
        requests += way(order.link.ipv4.bytes, prefix: 32, via: plan.gateway.bytes, index)
        if let ipv6 = order.link.ipv6, let gateway6 = plan.gateway6 {
            requests += way(ipv6.bytes, prefix: 128, via: gateway6.bytes, index)
        }
        if let rate = order.rates.send { requests.append(RateRequest.bound(index, Self.taskEnd, bitsPerSecond: rate)) }
        // So that a program that looks at once sees a link that runs (see LinkReadiness).
        try socket.perform(requests + [LinkRequest.find(index: index)])
    }

    private func way(_ address: [UInt8], prefix: Int, via gateway: [UInt8], _ index: Int32) -> [NetlinkRequest] {
        [
            AddressRequest.add(address, prefix: prefix, to: index),
            AddressRequest.addNeighbour(gateway, at: plan.gatewayMAC.bytes, index: index),
            AddressRequest.addDefaultRoute(via: gateway, index: index),
        ]
    }

    /// A new namespace with the settings that every task's has, and a socket in it.
    private static func inside(
        _ host: borrowing OwnedDescriptor, _ procfs: SharedDescriptor
    ) throws(LinuxError) -> (SharedNamespace, NetlinkSocket) {
        try NetworkNamespace.enterNew()
        let result = Result { () throws(LinuxError) in
            let namespace = try SharedNamespace.current()
            let ipv4 = try OwnedDescriptor.open(
                "sys/net/ipv4", at: procfs.descriptor, flags: O_RDONLY | O_DIRECTORY)
            for setting in settings { try SmallFile.write(setting.value, to: setting.name, at: ipv4) }
            // One link at a time is asked for.
            return (namespace, try NetlinkSocket(.route, room: 8 << 10))
        }
        try NetworkNamespace.enter(host.number)
        return try result.get()
    }

    /// Of one's own, for new namespaces' settings; the host's where that may not be.
    static func procfs() throws(LinuxError) -> SharedDescriptor {
        if let own = try? DetachedMount.procfs() { return SharedDescriptor(own) }
        return SharedDescriptor(try OwnedDescriptor.open("/proc", flags: O_RDONLY | O_DIRECTORY))
    }

    /// Writes settings of a task's definition into its namespace.
    static func apply(
        _ settings: [NetworkSetting], to namespace: SharedDescriptor, host: borrowing OwnedDescriptor
    ) throws(LinuxError) {
        try NetworkNamespace.enter(namespace.number)
        let result = Result { () throws(LinuxError) in
            for setting in settings { try SmallFile.write(setting.value, to: "/proc/sys/net/" + setting.path) }
        }
        try NetworkNamespace.enter(host.number)
        try result.get()
    }

    /// A container's root has no power over its namespace, so what Docker's may do without such power it may do here too:
    /// bind ports below 1024 and send pings.
    private static let settings = [
        (name: "ip_unprivileged_port_start", value: "0"), (name: "ping_group_range", value: "0 2147483647"),
    ]

    static let taskEnd = "eth0"
    /// LOOPBACK_IFINDEX of net/flow.h: a namespace's first link.
    private static let loopback: Int32 = 1

    /// Of the host's end, which nobody sends to: it differs from the task's.
    private static func nearMAC(_ link: TaskLink) -> [UInt8] { MACAddress(link.mac.number ^ 0x04 << 40).bytes }
}
