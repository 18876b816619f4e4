import BerthLinux
import BerthModel
import Glibc
import Testing

@testable import BerthNetwork

@Suite("What a task cannot do")
struct IsolationTests {
    @Test("frames with another's address, ARP, and what is no IP go nowhere, even from one with power over its link")
    func spoofing() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            let one = try await network.take(NetworkRequest(id: "one", mode: .awsvpc))
            let two = try await network.take(NetworkRequest(id: "two", mode: .awsvpc))
            let (mine, theirs) = (try one.link(), try two.link())
            let gateway = try #require(network.facts?.gateway)
            let hub = try #require(try await machine.host.links().first { $0.name == "berth0" }).address
            func datagram(_ mac: [UInt8], _ address: [UInt8], _ byte: UInt8) -> Frame {
                .datagram(from: mac, address, to: hub, gateway.bytes, port: 9999, byte)
            }
            let seen = try await machine.host.capture("berth0")
            let broadcast = [UInt8](repeating: 0xff, count: 6)
            let request: [UInt8] = [0, 1, 8, 0, 6, 4, 0, 1] + mine.mac.bytes + mine.ipv4.bytes
            let honest = datagram(mine.mac.bytes, mine.ipv4.bytes, 99)
            try await one.inside().send(
                [
                    datagram(mine.mac.bytes, theirs.ipv4.bytes, 1), datagram(theirs.mac.bytes, theirs.ipv4.bytes, 2),
                    datagram(theirs.mac.bytes, mine.ipv4.bytes, 3), datagram(mine.mac.bytes, gateway.bytes, 4),
                    datagram(mine.mac.bytes, [192, 0, 2, 2], 5),
                    Frame(
                        from: mine.mac.bytes, to: broadcast, kind: 0x0806, request + [0, 0, 0, 0, 0, 0] + gateway.bytes),
                    Frame(from: mine.mac.bytes, to: broadcast, kind: 0x88cc, [1, 2, 3, 4]),
                    // A tag of a virtual LAN before an honest datagram.
                    Frame(
                        from: mine.mac.bytes, to: hub, kind: 0x8100, [0, 7, 8, 0] + Array(honest.bytes.dropFirst(14))),
                    honest,
                ], by: "eth0")
            #expect(try seen.nextFrame().last == 99)
            await network.drain()
        }
    }

    @Test("another task's frames are not seen, nor can a task be reached past the host")
    func neighbours() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            let one = try await network.take(NetworkRequest(id: "one", mode: .awsvpc))
            let two = try await network.take(NetworkRequest(id: "two", mode: .awsvpc, securityGroups: ["sg-2"]))
            let (mine, theirs) = (try one.link(), try two.link())
            // A connection is tried again until the kernel has both ends of the new link in use; a datagram is not.
            let ready = try await two.inside().listen()
            #expect(try await machine.host.reaches("\(theirs.ipv4)", ready.port))
            let seen = try await two.inside().capture("eth0")
            try await one.inside().send(
                [
                    .datagram(
                        from: mine.mac.bytes, mine.ipv4.bytes, to: theirs.mac.bytes, theirs.ipv4.bytes, port: 9, 1),
                    .datagram(
                        from: mine.mac.bytes, mine.ipv4.bytes, to: [UInt8](repeating: 0xff, count: 6),
                        [255, 255, 255, 255],
                        port: 9, 2),
                ], by: "eth0")
            // The host may always.
            let udp = try await two.inside().bindUDP()
            #expect(try await machine.host.reachesUDP("\(theirs.ipv4)", udp.port, of: udp))
            var frame = try seen.nextFrame()
            // What is left of that connection comes from the host too.
            while frame.count > 26, Array(frame[26..<30]) != mine.ipv4.bytes, frame.last != 7 {
                frame = try seen.nextFrame()
            }
            #expect(frame.last == 7, "\(frame)")
            await network.drain()
        }
    }

    @Test("from the host it reaches the resolver, the metadata and the gateway's echo, and no other service")
    func services() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            let task = try await network.take(NetworkRequest(id: "one", mode: .awsvpc)).inside()
            let metadata = try await machine.host.listen("169.254.170.2")
            let resolver = try await machine.host.bindUDP("169.254.169.253")
            let api = try await machine.host.listen()
            let other = try await machine.host.listen()
            try await network.serve(NetworkServices(metadataPort: metadata.port, resolverPort: resolver.port))
            #expect(try await task.reaches("169.254.170.2", 80))
            #expect(try await task.reachesUDP("169.254.169.253", 53, of: resolver))
            for address in ["10.213.0.1", Machine.hostAddress, "169.254.170.2", "fdbe:27b0:4e11::1"] {
                #expect(try await task.isCutOff(from: address, api.port), "\(address)")
            }
            try await network.serve(
                NetworkServices(metadataPort: metadata.port, resolverPort: resolver.port, apiPorts: [api.port]))
            #expect(try await task.reaches("10.213.0.1", api.port))
            #expect(try await task.isCutOff(from: "10.213.0.1", other.port))
            // A task in the host's network has the same metadata.
            #expect(try await machine.host.reaches("169.254.170.2", 80))
            #expect(try await machine.outside.isCutOff(from: "169.254.170.2", metadata.port))
            await network.drain()
        }
    }

    @Test("groups say whom it may reach, and who may reach it, by address, protocol and port")
    func groups() async throws {
        try await Machine.with { machine in
            let listeners = (try await machine.outside.listen(), try await machine.outside.listen())
            let narrow = SecurityGroup(
                id: "sg-narrow", ingress: [],
                egress: [
                    .init(
                        peer: .ipv4(try #require(IPv4Block("192.0.2.0/24"))), transport: .tcp,
                        ports: listeners.0.port...listeners.0.port),
                    .init(peer: .group("sg-served"), ports: 8000...8001),
                ])
            let served = SecurityGroup(
                id: "sg-served", ingress: [.init(peer: .group("sg-narrow"), transport: .tcp, ports: 8001...8002)],
                egress: [])
            let network = try await HostNetwork.start(try machine.settings(groups: [narrow, served]), holding: [])
            let one = try await network.take(NetworkRequest(id: "one", mode: .awsvpc, securityGroups: ["sg-narrow"]))
                .inside()
            let two = try await network.take(NetworkRequest(id: "two", mode: .awsvpc, securityGroups: ["sg-served"]))
            #expect(try await one.reaches(Machine.outsideAddress, listeners.0.port))
            #expect(try await one.isCutOff(from: Machine.outsideAddress, listeners.1.port))
            #expect(try await one.isCutOff(from: Machine.outsideAddress6, listeners.0.port))
            for port in 8000...8002 as ClosedRange<UInt16> {
                let listener = try await two.inside().listen(port: port)
                for address in ["\(try two.link().ipv4)", "\(try #require(try two.link().ipv6))"] {
                    if port == 8001 {
                        #expect(try await one.reaches(address, listener.port))
                    } else {
                        #expect(try await one.isCutOff(from: address, listener.port))
                    }
                }
            }
            #expect(try await two.inside().isCutOff(from: Machine.outsideAddress, listeners.0.port))
            await network.drain()
        }
    }

    @Test("it has no more connections than it may, and others have theirs")
    func connections() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(connections: 4), holding: [])
            let one = try await network.take(NetworkRequest(id: "one", mode: .awsvpc)).inside()
            let two = try await network.take(NetworkRequest(id: "two", mode: .awsvpc)).inside()
            let listener = try await machine.outside.listen()
            var open: [Any] = []
            for _ in 0..<4 { open.append(try #require(try await one.connect(Machine.outsideAddress, listener.port))) }
            #expect(try await one.isCutOff(from: Machine.outsideAddress, listener.port))
            #expect(try await two.reaches(Machine.outsideAddress, listener.port))
            #expect(open.count == 4)
            await network.drain()
        }
    }

    @Test("nor datagrams on their way, of either family, however many it sends")
    func datagrams() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(connections: 4), holding: [])
            let one = try await network.take(NetworkRequest(id: "one", mode: .awsvpc))
            let two = try await network.take(NetworkRequest(id: "two", mode: .awsvpc)).inside()
            for address in [Machine.outsideAddress, Machine.outsideAddress6] {
                try await one.inside().run {
                    for port in UInt16(6000)..<6200 {
                        let target = SocketAddress(address, port)
                        let socket = try SocketAddress.socket(target.family, SOCK_DGRAM)
                        try check("send", "\(target)") { target.with { sendto(socket.number, [1], 1, 0, $0, $1) } }
                    }
                }
                let own = address.contains(":") ? try #require(try one.link().ipv6).bytes : try one.link().ipv4.bytes
                let tracked = try await machine.host.run {
                    try NetlinkSocket(.netfilter).dump(ConnectionRequest.list()).compactMap(TrackedConnection.init)
                        .filter { $0.involves { $0 == own[...] } }
                }
                #expect(tracked.count == 4)
                let listener = try await machine.outside.bindUDP()
                #expect(try await two.reachesUDP(address, listener.port, of: listener))
            }
            await network.drain()
        }
    }

    @Test("its rates bound both ends of its link")
    func rates() async throws {
        try await Machine.with { machine in
            let slow = SecurityGroup(
                id: "sg-slow", ingress: [], egress: [], receiveRate: 8_000_000, sendRate: 100_000_000_000)
            let network = try await HostNetwork.start(try machine.settings(groups: [slow]), holding: [])
            let task = try await network.take(
                NetworkRequest(id: "one", mode: .awsvpc, securityGroups: ["sg-slow", "sg-other"]))
            let name = try task.link().hostName
            let index = try #require(try await machine.host.links().first { $0.name == name }).index
            #expect(try await machine.host.rates().contains { $0.index == index && $0.bitsPerSecond == 8_000_000 })
            #expect(try await task.inside().rates().map(\.bitsPerSecond) == [100_000_000_000])
            await network.drain()
        }
    }

    @Test("it believes no router: not even the host tells it another way")
    func routers() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            let task = try await network.take(NetworkRequest(id: "one", mode: .awsvpc))
            let seen = try await task.inside().capture("eth0")
            try await machine.host.advertiseRouter(by: "berth0")
            let udp = try await task.inside().bindUDP()
            #expect(try await machine.host.reachesUDP("\(try task.link().ipv4)", udp.port, of: udp))
            while try seen.nextFrame().last != 7 {}
            let routes = try await task.inside().run {
                try NetlinkSocket(.route).dump(AddressRequest.listRoutes()).compactMap(NetworkRoute.init)
            }
            #expect(routes.filter { $0.prefix == 0 && $0.isUnicast }.count == 2)
            await network.drain()
        }
    }

    @Test("its namespace lets it bind every port and send pings, and takes settings of its definition")
    func settings() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            let wanted = [NetworkSetting(path: "ipv4/tcp_keepalive_time", value: "77")]
            for mode in [TaskNetwork.Mode.awsvpc, .none] {
                let task = try await network.take(NetworkRequest(id: "one", mode: mode, settings: wanted)).inside()
                #expect(try await task.setting("ipv4/ip_unprivileged_port_start") == "0")
                #expect(try await task.setting("ipv4/ping_group_range") == "0\t2147483647")
                #expect(try await task.setting("ipv4/tcp_keepalive_time") == "77")
            }
            for path in ["../kernel/panic", "ipv4/./tcp_keepalive_time", "", "nothing"] {
                let bad = NetworkRequest(id: "bad", mode: .awsvpc, settings: [NetworkSetting(path: path, value: "1")])
                await #expect(throws: NetworkRefusal.self) { _ = try await network.take(bad) }
            }
            await network.drain()
        }
    }
}

extension TestNamespace {
    /// As a router says that it is the way out (RFC 4861, section 4.2), to all that hear it.
    fileprivate func advertiseRouter(by link: String) async throws {
        try await run {
            let index = if_nametoindex(link)
            let own: [UInt8] = [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [1]
            try NetlinkSocket(.route).perform(AddressRequest.add(own, prefix: 64, to: Int32(index)))
            let number = try check("make", "socket") {
                Glibc.socket(AF_INET6, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_ICMPV6))
            }
            let socket = OwnedDescriptor(owning: number)
            for (option, value) in [(IPV6_MULTICAST_HOPS, 255), (IPV6_MULTICAST_IF, Int32(index))] {
                var value = value
                try check("configure", link) {
                    setsockopt(socket.number, Int32(IPPROTO_IPV6), option, &value, socklen_t(MemoryLayout<Int32>.size))
                }
            }
            let word: [UInt8] = [134, 0, 0, 0, 64, 0, 7, 8] + [UInt8](repeating: 0, count: 8)
            let all = SocketAddress("ff02::1", 0)
            // The host's own firewall may refuse it.
            _ = all.with { sendto(socket.number, word, word.count, 0, $0, $1) }
        }
    }
}
