import Foundation
import GRDB
import Testing

@testable import BerthStore

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

    @Test("of a store of an earlier version stay, one for each task: that of its IPv4 address")
    func migrated() async throws {
        let root = "/tmp/berth-leases-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let path = root + "/berth.db"
        let leases = [
            ("10.213.0.2", "a"), ("fdbe::2", "a"), ("10.213.0.3", "b"), ("fdbe::3", "b"), ("10.213.0.4", "c"),
        ]
        do {
            let earlier = try DatabaseQueue(path: path)
            try Schema.migrator.migrate(earlier, upTo: "2 network leases")
            try await earlier.write { database in
                try database.execute(sql: "PRAGMA application_id = \(Store.applicationID)")
                for (address, task) in leases {
                    try database.execute(
                        sql: "INSERT INTO network_leases (address, task) VALUES (?, ?)", arguments: [address, task])
                }
                let index = "SELECT count(*) FROM sqlite_schema WHERE name = 'network_leases_by_task'"
                #expect(try Int.fetchOne(database, sql: index) == 1)
            }
            try earlier.close()
        }
        for _ in 0..<2 {
            let store = try Store(path: path)
            #expect(try await store.read { try $0.networkLeases(task: "a") } == ["10.213.0.2"])
            #expect(try await store.read { try $0.networkLeases(task: "b") } == ["10.213.0.3"])
            #expect(try await store.read { try $0.networkLeases(task: "c") } == ["10.213.0.4"])
            try await store.verify()
        }
        let store = try Store(path: path)
        await #expect(throws: (any Error).self) {
            try await store.write { try $0.addNetworkLease("10.213.0.3", task: "d") }
        }
        try await store.write { try $0.removeNetworkLease("10.213.0.3", task: "b") }
        try await store.write { try $0.addNetworkLease("10.213.0.3", task: "d") }
        #expect(try await store.read { try $0.networkLeases(task: "d") } == ["10.213.0.3"])
    }
}
