import BerthModel
import Synchronization
import Testing

@testable import BerthNetwork

private final class Reports: Sendable {
    let all = Mutex<[String]>([])
}

@Suite("Tasks of a store that gives one thing twice")
struct DamagedStoreTests {
    @Test("are all taken up: the first keeps the address and the port, the others are reported, and free nothing of it")
    func twice() async throws {
        try await Machine.with { machine in
            let port = PublishedPort(container: 0, containerPort: 80, hostPort: 8080, transport: .tcp)
            var earlier: HostNetwork? = try await HostNetwork.start(try machine.settings(), holding: [])
            let web = try #require(
                try await earlier?.take(NetworkRequest(id: "one", mode: .bridge, ports: [port])))
            let other = try #require(try await earlier?.take(NetworkRequest(id: "other", mode: .bridge)))
            // It fills its pool no more.
            await earlier?.drain()
            earlier = nil
            var thief = other.network
            thief.ports = [port]
            let onHost = TaskNetwork(mode: .host, ports: [port])
            let reports = Reports()
            var settings = try machine.settings()
            settings.report = { text in reports.all.withLock { $0.append(text) } }
            let network = try await HostNetwork.start(
                settings,
                holding: [
                    HeldNetwork(task: "one", web.network), HeldNetwork(task: "two", web.network),
                    HeldNetwork(task: "other", thief), HeldNetwork(task: "host", onHost),
                    HeldNetwork(task: "waiting", web.network),
                ])
            let address = "\(try web.link().ipv4)"
            for (id, held) in [("one", web.network), ("two", web.network), ("other", thief), ("host", onHost)] {
                await network.adopt(held, id: id)
            }
            #expect(
                reports.all.withLock { $0 } == [
                    "task two has no address any more: \(address) is that of task one",
                    "task other has no host port 8080/tcp any more: another task has it",
                    "task host has no host port 8080/tcp any more: another task has it",
                ])
            let refusal = await #expect(throws: NetworkRefusal.self) {
                _ = try await network.restore(web.network, id: "waiting", settings: [])
            }
            #expect(refusal == NetworkRefusal(.interface, "the address \(address) is that of task one"))
            // What they give back stays the first's.
            for (id, held) in [("two", web.network), ("other", thief), ("host", onHost), ("waiting", web.network)] {
                await network.release(held, id: id)
            }
            await network.drain()
            let server = try await web.inside().listen(port: 80)
            #expect(try await machine.outside.reaches(Machine.hostAddress, 8080))
            #expect(try server.nextPeer() == Machine.outsideAddress)
            #expect(await network.status.used == 1)
            await network.release(web.network, id: "one")
            _ = try await network.take(NetworkRequest(id: "next", mode: .host, ports: [port]))
            await network.drain()
            #expect(await network.status.used == 0)
        }
    }
}
