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
            #expect(task.network.link == nil && task.counters.isEmpty)
        }
        #expect(Set(tasks.map { $0.namespace?.number }).count == 20)
        #expect(networks.facts == nil)
        #expect(try await networks.take(NetworkRequest(id: "", mode: .host)).namespace == nil)
    }
}
