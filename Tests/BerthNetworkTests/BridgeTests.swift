import BerthLinux
import BerthModel
import Glibc
import Testing

@testable import BerthNetwork

@Suite("A bridge that somebody else has a hand in")
struct BridgeTests {
    enum Change: CaseIterable {
        case deleted, down, withoutAddress, withoutAddress6, withoutPorts

        /// As an administrator does it, in the host's namespace.
        func make(_ plan: AddressPlan) throws {
            let routes = try NetlinkSocket(.route)
            let index = try #require(try routes.perform(LinkRequest.find(plan.bridge)).first.flatMap(NetworkLink.init))
                .index
            switch self {
            case .deleted: try routes.perform(LinkRequest.delete(plan.bridge))
            case .down: try routes.perform(LinkRequest.setDown(index, plan.bridge))
            case .withoutAddress:
                try routes.perform(AddressRequest.delete(plan.gateway.bytes, prefix: 16, of: index))
            case .withoutAddress6:
                let gateway6 = try #require(plan.gateway6)
                try routes.perform(AddressRequest.delete(gateway6.bytes, prefix: 64, of: index))
            case .withoutPorts:
                let ports = try routes.dump(LinkRequest.list()).compactMap(NetworkLink.init).filter {
                    $0.master == index
                }
                try routes.perform(ports.map { LinkRequest.setMaster($0.index, $0.name, master: 0) })
            }
        }
    }

    @Test("is heard of alone: nobody is woken for the host's other links")
    func heard() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            try await machine.host.run {
                let routes = try NetlinkSocket(.route)
                func index(_ name: String) throws -> Int32 {
                    try #require(try routes.perform(LinkRequest.find(name)).first.flatMap(NetworkLink.init)).index
                }
                let (bridge, loopback) = (try index("berth0"), try index("lo"))
                let watch = try BridgeWatch(index: bridge)
                try routes.perform(LinkRequest.setDown(loopback, "lo"))
                try routes.perform(LinkRequest.setUp(loopback, "lo"))
                var woken = pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)
                #expect(poll(&woken, 1, 0) == 0)
                try routes.perform(LinkRequest.setDown(bridge, "berth0"))
                #expect(poll(&woken, 1, 0) == 1)
                #expect(watch.news()?.isOfBridge == true)
            }
            await network.drain()
        }
    }

    @Test(
        "is mended at once: tasks are reached again, reach others, and have no more than before",
        arguments: Change.allCases)
    func mended(_ change: Change) async throws {
        try await Machine.with { machine in
            let settings = try machine.settings()
            let network = try await HostNetwork.start(settings, holding: [])
            let published = PublishedPort(container: 0, containerPort: 80, hostPort: 8080, transport: .tcp)
            let web = try await network.take(NetworkRequest(id: "web", mode: .bridge, ports: [published]))
            let other = try await network.take(NetworkRequest(id: "2", mode: .awsvpc, securityGroups: ["sg-2"]))
            let service = try await machine.host.listen()
            let outside = try await machine.outside.listen()
            let server = try await web.inside().listen(port: 80)
            let earlier = try #require(try await machine.outside.connect(Machine.hostAddress, 8080))
            let accepted = try server.accept()

            try await machine.host.run { try change.make(settings.plan) }
            // The network's thread hears of it before it carries out a job that comes later.
            _ = await network.status
            _ = await network.status

            let (link, inside) = (try web.link(), try web.inside())
            #expect(try await machine.host.reaches("\(link.ipv4)", 80))
            #expect(try await machine.host.reaches("\(try #require(link.ipv6))", 80))
            #expect(try await machine.outside.reaches(Machine.hostAddress, 8080))
            #expect(try await machine.host.reaches("127.0.0.1", 8080))
            #expect(try await inside.reaches(Machine.outsideAddress, outside.port))
            #expect(try await inside.reaches(Machine.outsideAddress6, outside.port))
            #expect(try await inside.isCutOff(from: "10.213.0.1", service.port))
            #expect(try await other.inside().isCutOff(from: "\(link.ipv4)", 80))
            try await Self.reachesNoOther(other, web, machine.host)
            // What was connected stays so.
            #expect(send(earlier.number, [7], 1, 0) == 1)
            #expect(try accepted.nextByte() == 7)
            // So does what waited in the pool.
            let next = try await network.take(NetworkRequest(id: "3", mode: .awsvpc))
            #expect(try await next.inside().reaches(Machine.outsideAddress, outside.port))
            await network.release(next.network, id: "3")
            await network.release(web.network, id: "web")
            await network.release(other.network, id: "2")
            await network.drain()
            try await HostNetwork.reset(settings, force: false)
        }
    }

    @Test("is mended before a task that comes in between gets its link")
    func inBetween() async throws {
        try await Machine.with { machine in
            let settings = try machine.settings(pool: 0)
            let network = try await HostNetwork.start(settings, holding: [])
            let outside = try await machine.outside.listen()
            for _ in 0..<4 {
                try await machine.host.run { try Change.deleted.make(settings.plan) }
                let task = try await network.take(NetworkRequest(id: "one", mode: .awsvpc))
                #expect(try await task.inside().reaches(Machine.outsideAddress, outside.port))
            }
            await network.drain()
        }
    }

    @Test("that was deleted while no daemon ran is made again, with the links of tasks that live")
    func betweenDaemons() async throws {
        try await Machine.with { machine in
            let settings = try machine.settings()
            var earlier: HostNetwork? = try await HostNetwork.start(settings, holding: [])
            let task = try #require(try await earlier?.take(NetworkRequest(id: "one", mode: .awsvpc)))
            // One that lived would mend it.
            await earlier?.drain()
            earlier = nil
            try await machine.host.run { try Change.deleted.make(settings.plan) }
            let network = try await HostNetwork.start(settings, holding: [HeldNetwork(task: "one", task.network)])
            let outside = try await machine.outside.listen()
            #expect(try await task.inside().reaches(Machine.outsideAddress, outside.port))
            await network.drain()
        }
    }

    @Test("whose name another's link took is told, and mended when the name is free")
    func taken() async throws {
        try await Machine.with { machine in
            var settings = try machine.settings()
            let (reports, report) = AsyncStream.makeStream(of: String.self)
            settings.report = { report.yield($0) }
            let plan = settings.plan
            let network = try await HostNetwork.start(settings, holding: [])
            let task = try await network.take(NetworkRequest(id: "one", mode: .awsvpc))
            try await machine.host.run {
                let routes = try NetlinkSocket(.route)
                let link = try #require(
                    try routes.perform(LinkRequest.find(plan.bridge)).first.flatMap(NetworkLink.init))
                try routes.perform([
                    LinkRequest.setAlias(link.index, plan.bridge, "theirs"),
                    LinkRequest.setDown(link.index, plan.bridge),
                ])
            }
            var told = reports.makeAsyncIterator()
            let fault = try #require(await told.next())
            #expect(fault.contains("network.bridge 'berth0' is a link of somebody else's"))
            try await machine.host.run { _ = try NetlinkSocket(.route).perform(LinkRequest.delete(plan.bridge)) }
            #expect(try #require(await told.next()).contains("is made anew"))
            let outside = try await machine.outside.listen()
            #expect(try await task.inside().reaches(Machine.outsideAddress, outside.port))
            await network.drain()
        }
    }

    /// A frame of one, with power over its link, to the other's own hardware address.
    private static func reachesNoOther(_ one: Sandbox, _ other: Sandbox, _ host: TestNamespace) async throws {
        let (mine, theirs) = (try one.link(), try other.link())
        let seen = try await other.inside().capture("eth0")
        let frame = Frame.datagram(
            from: mine.mac.bytes, mine.ipv4.bytes, to: theirs.mac.bytes, theirs.ipv4.bytes, port: 9, 1)
        try await one.inside().send([frame], by: "eth0")
        // The host may always.
        let udp = try await other.inside().bindUDP()
        #expect(try await host.reachesUDP("\(theirs.ipv4)", udp.port, of: udp))
        var next = try seen.nextFrame()
        while next.last != 7 {
            #expect(next.count < 30 || Array(next[26..<30]) != mine.ipv4.bytes)
            next = try seen.nextFrame()
        }
    }
}

extension Listener {
    fileprivate func accept() throws -> SharedDescriptor {
        try SocketAddress.limit(socket.number, 20_000)
        let number = try check("accept", "connection") { Glibc.accept(socket.number, nil, nil) }
        return SharedDescriptor(OwnedDescriptor(owning: number))
    }
}

extension SharedDescriptor {
    fileprivate func nextByte() throws -> UInt8 {
        try SocketAddress.limit(number, 20_000)
        var byte: UInt8 = 0
        try check("receive", "byte") { recv(number, &byte, 1, 0) }
        return byte
    }
}
