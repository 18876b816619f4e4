import BerthLinux
import BerthModel
import Glibc
import Testing

@testable import BerthNetwork

@Suite("The network on its host")
struct LifeTests {
    @Test("1,000 tasks at once have a link each, and teardown leaves nothing")
    func many() async throws {
        try await Machine.with { machine in
            try await machine.host.nft("table inet theirs { chain c { type filter hook input priority 5; }; }")
            let bare = try await Picture(machine.host)
            let forwarding = try await machine.host.setting("ipv4/ip_forward")
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            await network.drain()
            let before = try await Picture(machine.host)
            #expect(bare != before)
            let byID = try await withThrowingTaskGroup(of: (String, Sandbox).self) { group in
                for number in 0..<1000 {
                    group.addTask {
                        ("\(number)", try await network.take(NetworkRequest(id: "\(number)", mode: .awsvpc)))
                    }
                }
                return try await group.reduce(into: [String: Sandbox]()) { $0[$1.0] = $1.1 }
            }
            let tasks = Array(byID.values)
            #expect(Set(try tasks.map { try $0.link().ipv4 }).count == 1000)
            #expect(Set(try tasks.map { try $0.link().mac }).count == 1000)
            let (first, last) = (try #require(tasks.first), try #require(tasks.last))
            let listener = try await last.inside().listen()
            #expect(try await first.inside().reaches("\(try last.link().ipv4)", listener.port))
            await #expect(throws: NetworkSetupError.self) {
                try await HostNetwork.reset(try machine.settings(), force: false)
            }
            for (id, task) in byID { await network.release(task.network, id: id) }
            await network.drain()
            #expect(try await Picture(machine.host) == before)
            #expect(await network.status.used == 0)
            try await HostNetwork.reset(try machine.settings(), force: false)
            #expect(try await Picture(machine.host) == bare)
            #expect(try await machine.host.setting("ipv4/ip_forward") == forwarding)
            #expect(try await machine.host.setting("ipv6/conf/all/forwarding") == "0")
        }
    }

    @Test("a flush by the administrator is noticed and mended; other tables are left alone")
    func flushed() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            let task = try await network.take(NetworkRequest(id: "one", mode: .awsvpc))
            let service = try await machine.host.listen()
            let outside = try await machine.outside.listen()
            for command in ["flush ruleset", "delete table bridge berth0", "flush chain inet berth0 host"] {
                try await machine.host.nft(command + "\nadd table inet theirs")
                // The network's thread hears of it before it carries out a job that comes later.
                _ = await network.status
                _ = await network.status
                let rules = try await machine.host.ruleset()
                #expect(rules.contains("table inet theirs"))
                #expect(rules.contains("\(try task.link().ipv4) : goto"))
                #expect(rules.contains("\(try task.link().mac)"))
                #expect(try await task.inside().isCutOff(from: "10.213.0.1", service.port))
                #expect(try await task.inside().reaches(Machine.outsideAddress, outside.port))
            }
            await network.drain()
        }
    }

    @Test("after a crash the pool's links are gone, tasks keep theirs, and no address is given twice")
    func crashed() async throws {
        try await Machine.with { machine in
            let settings = try machine.settings(pool: 8)
            var earlier: HostNetwork? = try await HostNetwork.start(settings, holding: [])
            let running = try #require(
                try await earlier?.take(NetworkRequest(id: "one", mode: .awsvpc, securityGroups: ["sg-1"])))
            let published = PublishedPort(container: 0, containerPort: 80, hostPort: 8080, transport: .tcp)
            let web = try #require(
                try await earlier?.take(NetworkRequest(id: "web", mode: .bridge, ports: [published])))
            var waiting = try await earlier?.take(NetworkRequest(id: "two", mode: .awsvpc))
            let accepted = try #require(waiting?.network)
            waiting = nil
            // All descriptors of the daemon close, as when it is killed; nothing is taken down.
            earlier = nil
            let network = try await HostNetwork.start(
                settings,
                holding: [
                    HeldNetwork(task: "one", running.network), HeldNetwork(task: "two", accepted),
                    HeldNetwork(task: "web", web.network),
                ])
            let listener = try await running.inside().listen()
            let other = try await network.take(NetworkRequest(id: "three", mode: .awsvpc, securityGroups: ["sg-1"]))
            #expect(try await other.inside().reaches("\(try running.link().ipv4)", listener.port))
            await network.adopt(running.network, id: "one")
            await network.adopt(web.network, id: "web")
            let server = try await web.inside().listen(port: 80)
            #expect(try await machine.outside.reaches(Machine.hostAddress, 8080))
            #expect(try server.nextPeer() == Machine.outsideAddress)
            let again = try await network.restore(accepted, id: "two", settings: [])
            #expect(again.network == accepted)
            let outside = try await machine.outside.listen()
            #expect(try await again.inside().reaches(Machine.outsideAddress, outside.port))
            #expect(try other.link() != again.link() && other.link() != running.link())
            for (id, task) in [("one", running), ("three", other), ("two", again), ("web", web)] {
                await network.release(task.network, id: id)
            }
            await network.drain()
            #expect(try await machine.host.links().map(\.name).sorted() == ["berth0", "lo", "up0"])
            #expect(await network.status.used == 0)
        }
    }

    @Test("all addresses in use is a refusal by name, and one given back is given again")
    func exhausted() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(
                try machine.settings(subnet: "10.213.0.0/29", subnet6: nil), holding: [])
            var tasks: [Sandbox] = []
            for number in 0..<5 {
                // Of another group each, so that what waits ready is never what is wanted.
                tasks.append(
                    try await network.take(NetworkRequest(id: "", mode: .awsvpc, securityGroups: ["sg-\(number)"])))
            }
            let refusal = await #expect(throws: NetworkRefusal.self) {
                _ = try await network.take(NetworkRequest(id: "", mode: .awsvpc))
            }
            #expect(refusal?.reason == .interface)
            #expect(refusal?.detail == "all 5 addresses that network.subnet 10.213.0.0/29 has for tasks are in use")
            await network.release(tasks[2].network, id: "")
            let next = try await network.take(NetworkRequest(id: "", mode: .awsvpc))
            #expect(try next.link().ipv4 == tasks[2].link().ipv4)
            await network.drain()
        }
    }

    @Test("a namespace that somebody still holds loses its link, and its address is free")
    func held() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(
                try machine.settings(subnet: "10.213.0.0/29", pool: 0), holding: [])
            let stray = try await network.take(NetworkRequest(id: "stray", mode: .awsvpc))
            await network.release(stray.network, id: "stray")
            await network.release(stray.network, id: "stray")
            await network.drain()
            #expect(try await stray.inside().links().map(\.name) == ["lo"])
            #expect(await network.usage(of: stray.network) == nil)
            var found = false
            for _ in 0..<5 {
                let next = try await network.take(NetworkRequest(id: "", mode: .awsvpc))
                if try next.link() == stray.link() { found = true }
            }
            #expect(found)
            await network.drain()
        }
    }

    @Test("a subnet that the host has already, another's bridge and a bad value are refused with the key")
    func refused() async throws {
        try await Machine.with { machine in
            func refusal(_ settings: NetworkSettings) async throws -> NetworkSetupError? {
                await #expect(throws: NetworkSetupError.self) { _ = try await HostNetwork.start(settings, holding: []) }
            }
            let overlap = try await refusal(try machine.settings(subnet: "192.0.2.0/24"))
            #expect(overlap?.code == .overlap)
            #expect(
                overlap?.detail
                    == "network.subnet 192.0.2.0/24 overlaps the address 192.0.2.1 of up0, which the host has: "
                    + "set network.subnet to a block that is free")
            #expect(try await refusal(try machine.settings(subnet: "192.0.0.0/16"))?.code == .overlap)
            #expect(try await refusal(try machine.settings(subnet6: "2001:db8::/48"))?.code == .overlap)
            #expect(try await refusal(try machine.settings(subnet: "10.0.0.0/30"))?.code == .invalid)
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            let foreign = try await refusal(try machine.settings(owner: "/srv/another"))
            #expect(foreign?.code == .foreignBridge)
            #expect(foreign?.detail.contains("('berth /srv/berth')") == true)
            await network.drain()
        }
    }

    @Test("a kernel that refuses is an error of its own")
    func withoutKernel() async throws {
        try await Machine.with { machine in
            var settings = try machine.settings()
            settings.beforeSetUp = { throw LinuxError("make", "netlink socket", errno: .protocolNotSupported) }
            let cause = await #expect(throws: NetworkSetupError.self) {
                _ = try await HostNetwork.start(settings, holding: [])
            }
            #expect(cause?.code == .kernel)
            #expect(cause?.detail.contains("cannot make netlink socket: ") == true)
            // Also when it is the firewall that fails, here by a name that is a word of nftables: nothing stays half done.
            let bare = try await Picture(machine.host)
            settings.beforeSetUp = {}
            settings.bridge = "table"
            let later = await #expect(throws: NetworkSetupError.self) {
                _ = try await HostNetwork.start(settings, holding: [])
            }
            #expect(later?.code == .kernel)
            #expect(try await Picture(machine.host) == bare)
            #expect(try await machine.host.setting("ipv4/ip_forward") == "0")
            _ = try await HostNetwork.start(try machine.settings(), holding: [])
        }
    }
}
