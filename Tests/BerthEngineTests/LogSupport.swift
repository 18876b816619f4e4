import BerthLaunch
import Foundation

@testable import BerthEngine

/// A directory that goes with the test.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/berth-engine-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Writes log files as the shim does.
struct LogWriter {
    private(set) var bytes = Data()
    /// Milliseconds since 1970 of the next frame.
    var time: UInt64 = 1_700_000_000_000

    mutating func print(_ text: String, stream: UInt8 = 1) { print(Array(text.utf8), stream: stream) }

    mutating func print(_ content: [UInt8], stream: UInt8 = 1) {
        withUnsafeBytes(of: (time * 1_000_000).littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt32(content.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: [stream, 0, 0, 0])
        bytes.append(contentsOf: content)
        time += 1
    }

    func write(_ path: String) throws { try bytes.write(to: URL(fileURLWithPath: path)) }
}

extension LogFile {
    /// All lines from a position on.
    func all(from position: LogPosition = .start) throws -> [LogLine] {
        let lines = try lines(from: position)
        var found: [LogLine] = []
        while let line = try lines.next() { found.append(line) }
        return found
    }
}

extension LogLine {
    var text: String { String(decoding: bytes, as: UTF8.self) }
}
