import BerthModel
import Testing

@testable import BerthNetwork

@Suite("Networks of loopback alone")
struct LoopbackTests {
    @Test("are a namespace of its own for each task, from a pool or made at once, with lo up and nothing else")
    func bare() async throws {
        let networks = try await LoopbackNetworks.start(pool: 2)
        let tasks = try await withThrowingTaskGroup(of: Sandbox.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try await networks.take(NetworkRequest(id: "\(number)", mode: number % 2 == 0 ? .awsvpc : .none))
                }
            }
            return try await group.reduce(into: [Sandbox]()) { $0.append($1) }
        }
        for task in tasks {
            let links = try await task.inside().links()
            #expect(links.map(\.name) == ["lo"] && links.allSatisfy(\.isUp))
            #expect(try task.shownLinks() == ["lo"])
            #expect(task.network.link == nil && task.counters.isEmpty)
        }
        #expect(Set(tasks.map { $0.namespace?.network.number }).count == 20)
        #expect(networks.facts == nil)
        #expect(try await networks.take(NetworkRequest(id: "", mode: .host)).namespace == nil)
    }

    @Test("share the host's ports among the tasks that are in the host's network")
    func hostPorts() async throws {
        let port = PublishedPort(container: 0, containerPort: 9000, hostPort: 9000, transport: .tcp)
        let bare = try await LoopbackNetworks.start(pool: 0)
        let unavailable = UnavailableNetworks(
            try await LoopbackNetworks.start(pool: 0), cause: NetworkSetupError(.kernel, "no bridge"))
        for networks in [bare, unavailable] as [any TaskNetworks] {
            let one = TaskNetwork(mode: .host, ports: [port])
            func refusal() async -> NetworkRefusal? {
                await #expect(throws: NetworkRefusal.self) {
                    _ = try await networks.take(NetworkRequest(id: "two", mode: .host, ports: [port]))
                }
            }
            #expect(try await networks.take(NetworkRequest(id: "one", mode: .host, ports: [port])).network == one)
            #expect(await refusal()?.detail.contains("9000/tcp is taken by task one") == true)
            await networks.release(one, id: "one")
            // As after a restart.
            await networks.adopt(one, id: "one")
            #expect(await refusal()?.reason == .ports)
            await networks.release(one, id: "one")
            #expect(try await networks.restore(one, id: "one", settings: []).network == one)
            #expect(await refusal()?.reason == .ports)
            await networks.release(one, id: "one")
            _ = try await networks.take(NetworkRequest(id: "two", mode: .host, ports: [port]))
        }
    }
}
