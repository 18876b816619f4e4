import BerthLinux
import Foundation
import Glibc
import SystemPackage
import Testing

@testable import BerthTrace

@Suite("A tracer")
struct TracerTests {
    @Test("leaves whole JSON after every write, so that a kill takes nothing from it")
    func wholeAtAllTimes() throws {
        let trace = try TraceFixture()
        let task = trace.tracer.task("t")
        #expect(try trace.spans().isEmpty)
        for count in 1...3 {
            task.phaseEnds(.run)
            trace.tracer.flush()
            #expect(try trace.spans().count == count)
        }
    }

    @Test("writes by itself, soon")
    func writesByItself() throws {
        let directory = "/tmp/berth-trace-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let tracer = try Tracer(path: directory + "/t", limit: 100, patience: 1) { _ in }
        tracer.task("t").phaseEnds(.run)
        var isWritten = false
        for _ in 0..<30_000 where !isWritten {
            usleep(1000)
            isWritten = try String(contentsOfFile: directory + "/t", encoding: .utf8).contains("\"run\"")
        }
        #expect(isWritten)
        tracer.finish()
    }

    @Test("drops what its buffer has no room for, and says how much")
    func bounded() throws {
        let trace = try TraceFixture(limit: 10)
        let task = trace.tracer.task("t")
        for _ in 0..<25 { task.span(.launch, since: .now()) }
        trace.tracer.flush()
        task.phaseEnds(.settle)
        trace.tracer.finish()

        let events = try trace.events()
        #expect(try trace.spans().map(\.name) == Array(repeating: "launch", count: 9) + ["settle"])
        let gaps = events.filter { $0["name"] as? String == "events dropped" }
        #expect(gaps.map { $0["args"] as? [String: Int] } == [["count": 16]])
    }

    @Test(
        "ends on a full disk with one report, and leaves whole JSON",
        .enabled(if: geteuid() == 0, "SKIPPED: a small file system is mounted as root only"))
    func fullDisk() throws {
        let trace = try TraceFixture { directory in
            try check("mount", directory) { mount("tmpfs", directory, "tmpfs", 0, "size=32k") }
        }
        let task = trace.tracer.task("t")
        task.phaseEnds(.accept)
        trace.tracer.flush()
        let before = try trace.events().count
        let underWay = trace.tracer.request("r", operation: "RunTask")
        for _ in 0..<3 {
            for _ in 0..<1000 { task.span(.launch, since: .now()) }
            trace.tracer.flush()
        }
        // Whoever is under way goes on, and so does whoever comes.
        underWay.ends()
        trace.tracer.request("s", operation: "RunTask").ends()
        trace.tracer.task("u").phaseEnds(.accept)
        trace.tracer.finish()
        #expect(trace.failures.map(\.errno) == [.noSpace])
        #expect(try trace.events().count == before)
    }

    @Test("says at once that its file cannot be made")
    func noPlace() {
        let error = #expect(throws: LinuxError.self) {
            try Tracer(path: "/nonexistent/trace.json") { _ in }
        }
        #expect(error?.errno == .noSuchFileOrDirectory)
    }

    @Test("writes to no file that somebody else may have laid there, and to its own for its user alone")
    func foreign() throws {
        let strangers: [(Errno, (String) -> Int32)] = [
            (.tooManySymbolicLinkLevels, { symlink("/dev/null", $0) }),
            (.noSuchAddressOrDevice, { mkfifo($0, 0o666) }),
            (.isDirectory, { mkdir($0, 0o700) }),
        ]
        for (expected, lay) in strangers {
            let error = #expect(throws: LinuxError.self) {
                _ = try TraceFixture { #expect(lay($0 + "/trace.json") == 0) }
            }
            #expect(error?.errno == expected)
        }
        let trace = try TraceFixture { directory in
            let old = try OwnedDescriptor.open(directory + "/trace.json", flags: O_WRONLY | O_CREAT, mode: 0o666)
            try old.writeAll(Array("old".utf8), subject: "trace.json")
        }
        trace.tracer.finish()
        #expect(try trace.events().isEmpty == false)
        var status = stat()
        try check("look at", trace.path) { stat(trace.path, &status) }
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test("is told of from many threads at a time, and forgets nothing")
    func concurrent() async throws {
        let trace = try TraceFixture()
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<8 {
                group.addTask {
                    let task = trace.tracer.task("t\(index)")
                    for _ in 0..<100 { task.phaseEnds(.run) }
                    trace.tracer.flush()
                }
            }
        }
        trace.tracer.finish()
        #expect(try trace.spans().count == 800)
    }
}
