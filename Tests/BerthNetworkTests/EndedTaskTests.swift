import BerthModel
import Synchronization
import Testing

@testable import BerthNetwork

/// What a network reported.
private final class Reports: Sendable {
    let all = Mutex<[String]>([])
}

@Suite("A task that ended while no daemon ran")
struct EndedTaskTests {
    private static let wanted = NetworkRequest(
        id: "web", mode: .bridge,
        ports: [PublishedPort(container: 0, containerPort: 80, hostPort: 8080, transport: .tcp)])

    @Test(
        "is taken up and given back without a word, and its port is free again; also when the subnet is another",
        arguments: ["10.213.0.0/16", "10.214.0.0/16"])
    func ended(subnet: String) async throws {
        try await Machine.with { machine in
            var earlier: HostNetwork? = try await HostNetwork.start(try machine.settings(), holding: [])
            let task = try #require(try await earlier?.take(Self.wanted).network)
            await earlier?.release(task, id: "web")
            await earlier?.drain()
            earlier = nil
            let reports = Reports()
            var settings = try machine.settings(subnet: subnet)
            settings.report = { text in reports.all.withLock { $0.append(text) } }
            let network = try await HostNetwork.start(settings, holding: [HeldNetwork(task: "web", task)])
            await network.adopt(task, id: "web")
            await #expect(throws: NetworkRefusal.self) {
                _ = try await network.take(NetworkRequest(id: "two", mode: .bridge, ports: Self.wanted.ports))
            }
            await network.release(task, id: "web")
            let again = try await network.take(NetworkRequest(id: "two", mode: .bridge, ports: Self.wanted.ports))
            #expect(again.network.ports == Self.wanted.ports)
            await network.drain()
            #expect(reports.all.withLock { $0 } == [])
        }
    }
}
