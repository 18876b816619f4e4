import BerthModel
import Glibc
import Testing

@testable import BerthNetwork

@Suite("Ports of the host that lead to a task")
struct PublishedPortTests {
    private static func port(
        _ container: UInt16, _ host: UInt16, _ transport: PublishedPort.TransportProtocol = .tcp
    ) -> PublishedPort {
        PublishedPort(container: 0, containerPort: container, hostPort: host, transport: transport)
    }

    @Test(
        "are reached from the outside, the host and tasks, also where bridged frames pass the host's packet filter",
        arguments: [false, true])
    func reached(filtersBridges: Bool) async throws {
        try await Machine.with { machine in
            // Without br_netfilter there is no such setting.
            for family in ["iptables", "ip6tables"]
            where access("/proc/sys/net/bridge/bridge-nf-call-\(family)", F_OK) == 0 {
                try await machine.host.set("bridge/bridge-nf-call-\(family)", filtersBridges ? "1" : "0")
            }
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            let task = try await network.take(
                NetworkRequest(
                    id: "web", mode: .bridge, ports: [Self.port(80, 8080), Self.port(53, 5353, .udp), Self.port(81, 0)])
            )
            let dynamic = try #require(task.network.ports.last?.hostPort)
            #expect(PortBook.dynamic.contains(dynamic))
            let other = try await network.take(NetworkRequest(id: "other", mode: .awsvpc, securityGroups: ["sg-2"]))
                .inside()
            let web = try await task.inside().listen(port: 80)
            let second = try await task.inside().listen(port: 81)
            let names = try await task.inside().bindUDP(port: 53)
            #expect(try await machine.outside.reaches(Machine.hostAddress, 8080))
            #expect(try web.nextPeer() == Machine.outsideAddress)
            #expect(try await machine.outside.reaches("2001:db8::1", 8080))
            #expect(try web.nextPeer() == Machine.outsideAddress6)
            #expect(try await machine.outside.reaches(Machine.hostAddress, dynamic))
            #expect(try second.nextPeer() == Machine.outsideAddress)
            #expect(try await machine.outside.reachesUDP(Machine.hostAddress, 5353, of: names))
            for address in ["127.0.0.1", "::1", "10.213.0.1", "fdbe:27b0:4e11::1", Machine.hostAddress, "2001:db8::1"] {
                #expect(try await machine.host.reaches(address, 8080), "\(address)")
                #expect(try await machine.host.reachesUDP(address, 5353, of: names), "\(address)")
            }
            // What else there is at ::1 is the host's own.
            let service = try await machine.host.listen("::1")
            #expect(try await machine.host.reaches("::1", service.port))
            #expect(try service.nextPeer() == "::1")
            for address in ["10.213.0.1", "fdbe:27b0:4e11::1", Machine.hostAddress, "2001:db8::1"] {
                for inside in [other, try task.inside()] {
                    #expect(try await inside.reaches(address, 8080), "\(address)")
                    #expect(try await inside.reachesUDP(address, 5353, of: names), "\(address)")
                }
            }
            #expect(try await machine.outside.isCutOff(from: Machine.hostAddress, 80))
            await network.release(task.network, id: "web")
            // The host's programs may have them at once.
            try await machine.host.listen(port: 8080).end()
            #expect(try await machine.outside.isCutOff(from: Machine.hostAddress, 8080))
            await network.drain()
        }
    }

    @Test("that are taken are refused by name: by a task, and by a program of the host")
    func taken() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            let program = try await machine.host.listen("127.0.0.1")
            func take(_ id: String, _ ports: [PublishedPort], _ mode: TaskNetwork.Mode = .bridge) async throws
                -> Sandbox
            {
                try await network.take(NetworkRequest(id: id, mode: mode, ports: ports))
            }
            let first = try await take("task-1", [Self.port(80, 8080)])
            let byTask = await #expect(throws: NetworkRefusal.self) {
                _ = try await take("2", [Self.port(80, 0), Self.port(80, 8080)])
            }
            #expect(byTask?.reason == .ports)
            #expect(byTask?.detail.contains("8080/tcp is taken by task task-1") == true)
            let byProgram = await #expect(throws: NetworkRefusal.self) {
                _ = try await take("3", [Self.port(80, program.port)])
            }
            #expect(byProgram?.detail.contains("\(program.port)/tcp is taken by a program of the host") == true)
            // The other protocol has numbers of its own.
            _ = try await take("4", [Self.port(80, 8080, .udp)])
            await #expect(throws: NetworkRefusal.self) { _ = try await take("5", [Self.port(8080, 8080)], .host) }
            await #expect(throws: (any Error).self) { _ = try await machine.host.listen(port: 8080) }
            // In the host's network a task has the ports of its mappings to itself as well.
            let server = try await take("7", [Self.port(9000, 9000)], .host)
            for mode in [TaskNetwork.Mode.host, .bridge] {
                let byServer = await #expect(throws: NetworkRefusal.self) {
                    _ = try await take("8", [Self.port(9000, 9000)], mode)
                }
                #expect(byServer?.detail.contains("9000/tcp is taken by task 7") == true)
            }
            // It binds them itself.
            _ = try await machine.host.listen(port: 9000)
            await network.release(server.network, id: "7")
            await network.release(first.network, id: "task-1")
            let again = try await take("6", [Self.port(80, 8080)])
            #expect(again.network.ports == [Self.port(80, 8080)])
            await network.drain()
        }
    }

    @Test("as many as one task may have are in nobody's way, and are gone with it")
    func most() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            let wish = PublishedPort(
                container: 0, containerPort: 7000, hostPort: 0, transport: .tcp, count: PublishedPort.limit)
            let task = try await network.take(NetworkRequest(id: "range", mode: .bridge, ports: [wish]))
            let port = try #require(task.network.ports.first)
            #expect(task.network.ports.count == 1 && port.count == PublishedPort.limit)
            let last = try await task.inside().listen(port: port.containerPorts.upperBound)
            let next = try await network.take(NetworkRequest(id: "next", mode: .bridge, ports: [Self.port(80, 8080)]))
            #expect(try await machine.outside.reaches(Machine.hostAddress, port.hostPorts.upperBound))
            #expect(try last.nextPeer() == Machine.outsideAddress)
            await network.release(task.network, id: "range")
            await network.release(next.network, id: "next")
            await network.drain()
            let listener = try await machine.host.listen(port: port.hostPorts.upperBound)
            #expect(listener.port == port.hostPorts.upperBound)
        }
    }

    @Test("of tasks in the host's network are still theirs after a crash, and are free once they are given back")
    func restarted() async throws {
        try await Machine.with { machine in
            var earlier: HostNetwork? = try await HostNetwork.start(try machine.settings(), holding: [])
            func request(_ id: String, _ port: UInt16) -> NetworkRequest {
                NetworkRequest(id: id, mode: .host, ports: [Self.port(port, port)])
            }
            let running = try #require(try await earlier?.take(request("running", 9000))).network
            let accepted = try #require(try await earlier?.take(request("accepted", 9001))).network
            earlier = nil
            let network = try await HostNetwork.start(
                try machine.settings(),
                holding: [HeldNetwork(task: "running", running), HeldNetwork(task: "accepted", accepted)])
            await #expect(throws: NetworkRefusal.self) { _ = try await network.take(request("other", 9000)) }
            await network.adopt(running, id: "running")
            #expect(try await network.restore(accepted, id: "accepted", settings: []).network == accepted)
            for (port, holder) in [(UInt16(9000), "running"), (9001, "accepted")] {
                let refusal = await #expect(throws: NetworkRefusal.self) {
                    _ = try await network.take(request("other", port))
                }
                #expect(refusal?.detail.contains("\(port)/tcp is taken by task \(holder)") == true)
            }
            await network.release(running, id: "running")
            await network.release(accepted, id: "accepted")
            for port in [UInt16(9000), 9001] { _ = try await network.take(request("other", port)) }
            await network.drain()
        }
    }
}
