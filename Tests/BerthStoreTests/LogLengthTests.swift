import Foundation
import Testing

@testable import BerthStore

@Suite("The write-ahead log")
struct LogLengthTests {
    @Test("has its length from the start, and a copy of it loses nothing that was committed")
    func length() async throws {
        let root = "/tmp/berth-log-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: root + "/copy", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let store = try Store(path: root + "/berth.db")
        let log = root + "/berth.db-wal"
        #expect(try size(log) == LogLength.atFirst)
        for number in 0..<50 {
            try await store.write { try $0.addNetworkLease("10.0.0.\(number)", task: "\(number)") }
        }
        #expect(try size(log) == LogLength.atFirst)
        // What a daemon leaves that is killed.
        for file in ["berth.db", "berth.db-wal"] {
            try FileManager.default.copyItem(atPath: root + "/" + file, toPath: root + "/copy/" + file)
        }
        let copy = try Store(path: root + "/copy/berth.db")
        try await copy.verify()
        for number in 0..<50 {
            #expect(try await copy.read { try $0.networkLeases(task: "\(number)") } == ["10.0.0.\(number)"])
        }
    }

    private func size(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    }
}
