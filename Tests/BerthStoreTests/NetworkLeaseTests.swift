import BerthStore
import Foundation
import Testing

@Suite("Leases of addresses")
struct NetworkLeaseTests {
    private func withStore(_ body: (Store) async throws -> Void) async throws {
        let root = "/tmp/berth-leases-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try await body(try Store(path: root + "/berth.db"))
    }

    @Test("give no address twice")
    func unique() async throws {
        try await withStore { store in
            try await store.write { try $0.addNetworkLease("10.213.0.2", task: "a") }
            await #expect(throws: (any Error).self) {
                try await store.write { try $0.addNetworkLease("10.213.0.2", task: "b") }
            }
            #expect(try await store.read { try $0.networkLeases(task: "a") } == ["10.213.0.2"])
            #expect(try await store.read { try $0.networkLeases(task: "b") } == [])
            try await store.write { try $0.removeNetworkLease("10.213.0.2", task: "b") }
            #expect(try await store.read { try $0.networkLeases(task: "a") } == ["10.213.0.2"])
            try await store.write { try $0.removeNetworkLease("10.213.0.2", task: "a") }
            try await store.write { try $0.addNetworkLease("10.213.0.2", task: "b") }
        }
    }

    @Test("of no task that lives are freed at the start")
    func stale() async throws {
        try await withStore { store in
            try await store.write { try $0.addNetworkLease("10.213.0.2", task: "gone") }
            #expect(try await store.write { try $0.removeStaleNetworkLeases() } == 1)
            #expect(try await store.write { try $0.removeStaleNetworkLeases() } == 0)
        }
    }
}
