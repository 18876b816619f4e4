import BerthConfinement
import BerthLinux
import Foundation
import Testing

@testable import BerthLaunch

/// Who keeps the end of a task: the daemon, once it has committed it, or else the shim, on the disk.
@Suite("A shim whose task is over", .serialized)
struct SettlingTests {
    let fixture: LaunchFixture
    init() throws { fixture = try LaunchFixture() }

    /// Its disk takes nothing: while it has to sync its record, it lives.
    private static let fullDisk = SeccompRule(.fail(errno: UInt16(ENOSPC)), ["fsync"])

    @Test("goes without a sync once its daemon has committed the end", .timeLimit(.minutes(10)))
    func settled() async throws {
        let request = try fixture.request(["exit 3"])
        let launcher = fixture.launcher
        let task = try await FaultyThread.run(Self.fullDisk) { try launcher.launch(request) }
        for await event in task.events where event.isLast { #expect([event].record?.containers[0].status == .code(3)) }
        task.settled()
        try await fixture.shimEnds(of: request)
    }

    @Test("is not taken for lost while its record cannot be read", .timeLimit(.minutes(10)))
    func unreadable() async throws {
        let request = try fixture.request(["exec sleep 600"]) { $0.stopTimeout = 0 }
        let (record, away) = (request.directory + "/record", request.directory + "/away")
        let task = try fixture.launcher.launch(request)
        var last: TaskEvent?
        for await event in task.events {
            last = event
            switch event {
            case .started:
                #expect(rename(record, away) == 0 && symlink("record", record) == 0)
                task.stop()
            case .exited:
                try await Task.sleep(for: .milliseconds(300))
                #expect(rename(away, record) == 0)
            default: break
            }
        }
        #expect([try #require(last)].record?.containers[0].status == .signal(9))
        task.settled()
    }

    @Test("does not go before its record is on the disk when nobody commits the end", .timeLimit(.minutes(10)))
    func unsettled() async throws {
        let request = try fixture.request(["exit 3"])
        let launcher = fixture.launcher
        do {
            let task = try await FaultyThread.run(Self.fullDisk) { try launcher.launch(request) }
            for await event in task.events where event.isLast { #expect(event != .lost) }
        }
        // Its connection is closed: it would have gone by now.
        try await Task.sleep(for: .seconds(1))
        let shim = try #require(try fixture.shim(of: request))
        guard case .finished(let record) = try RecordFile.read(in: request.directory) else {
            return #expect(Bool(false), "no record")
        }
        #expect(record.containers[0].status == .code(3))
        #expect(kill(shim, SIGKILL) == 0)
    }
}
