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
        // How soon a round comes to its end depends on how busy the disk is; that one does is what counts.
        for number in 0..<20_000 where try Self.rounds(of: store) == 0 {
            try await store.write { try $0.setMeta("\(number % 2000)", value) }
        }
        #expect(try Self.rounds(of: store) > 0)
        let found = try await store.read { reader in try (0..<2000).filter { try reader.meta("\($0)") == value }.count }
        #expect(found == 2000)
        try await store.verify()
    }

    /// How often the log has been begun anew: the checkpoint sequence number in its header
    /// (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
    private static func rounds(of store: Store) throws -> UInt32 {
        let header = try FileHandle(forReadingFrom: URL(filePath: store.path + "-wal")).read(upToCount: 16)
        return header?.suffix(4).reduce(0) { $0 << 8 | UInt32($1) } ?? 0
    }
}
