import BerthLinux
import Foundation
import Glibc
import Synchronization

@testable import BerthTrace

/// A trace in a directory of its own, which goes with it; written when the test says so.
final class TraceFixture: Sendable {
    let directory = "/tmp/berth-trace-\(UInt32.random(in: 0 ... .max))"
    let tracer: Tracer
    private let reports: Reports
    var path: String { directory + "/trace.json" }

    init(limit: Int = 1 << 16, prepare: (String) throws -> Void = { _ in }) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let reports = Reports()
        do {
            try prepare(directory)
            tracer = try Tracer(path: directory + "/trace.json", limit: limit, patience: nil) { reports.add($0) }
        } catch {
            Self.remove(directory)
            throw error
        }
        self.reports = reports
    }

    var failures: [LinuxError] { reports.all }

    deinit { Self.remove(directory) }

    private static func remove(_ directory: String) {
        umount2(directory, Int32(MNT_DETACH))
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// What the file holds now: it must be an array of objects.
    func events() throws -> [[String: Any]] {
        let content = try Data(contentsOf: URL(filePath: path))
        return try JSONSerialization.jsonObject(with: content) as? [[String: Any]] ?? []
    }

    /// Its spans.
    func spans() throws -> [Span] { try events().compactMap(Span.init) }
}

private final class Reports: Sendable {
    private let errors = Mutex<[LinuxError]>([])
    var all: [LinuxError] { errors.withLock { $0 } }
    func add(_ error: LinuxError) { errors.withLock { $0.append(error) } }
}

/// A complete event, in nanoseconds since the trace's beginning.
struct Span: Equatable {
    var name: String
    var process: Int
    var thread: Int
    var start: Int
    var duration: Int
    var end: Int { start + duration }

    init?(_ event: [String: Any]) {
        guard event["ph"] as? String == "X", let name = event["name"] as? String, let process = event["pid"] as? Int,
            let thread = event["tid"] as? Int, let start = event["ts"] as? Double,
            let duration = event["dur"] as? Double
        else { return nil }
        self.name = name
        self.process = process
        self.thread = thread
        self.start = Int((start * 1000).rounded())
        self.duration = Int((duration * 1000).rounded())
    }
}

extension Moment {
    func after(_ nanoseconds: UInt64) -> Moment { Moment(nanoseconds: self.nanoseconds + nanoseconds) }
}
