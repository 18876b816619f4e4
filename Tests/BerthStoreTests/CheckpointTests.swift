import BerthModel
import Foundation
import Testing

@testable import BerthStore

@Suite struct `The write-ahead log` {
    @Test func `it is begun anew under constant writing, and nothing is lost by it`() async throws {
        let directory = try TemporaryDirectory()
        let store = try Store(path: directory.path + "/berth.db", checkpoints: .init(background: 20, writer: 100))
        let value = String(repeating: "x", count: 4000)
        for number in 0..<2000 { try await store.write { try $0.setMeta("\(number)", value) } }
        let attributes = try FileManager.default.attributesOfItem(atPath: store.path + "-wal")
        // 2,000 commits of two pages and more are over 16 MB. How far the log grows between two rounds depends on how
        // busy the disk is; that it does not grow throughout is what counts.
        #expect((attributes[.size] as? Int ?? 0) < 12 << 20)
        let found = try await store.read { reader in try (0..<2000).filter { try reader.meta("\($0)") == value }.count }
        #expect(found == 2000)
        try await store.verify()
    }
}
