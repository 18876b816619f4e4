import BerthLaunch
import BerthLinux
import BerthModel
import Foundation
import Synchronization
import Testing

@testable import BerthEngine

@Suite("A task is released")
struct ReleaseTests {
    @Test("once it is accepted, and never when it is not: of calls with one token, one task's")
    func twins() async throws {
        let releases = Releases()
        let fixture = try await EngineFixture(wrap: { ReleaseCounter(launcher: $0, releases: releases) })
        var call = RunTaskRequest()
        call.taskDefinition = try await fixture.register("true")
        call.clientToken = "one"
        let request = call
        let tasks = try await withThrowingTaskGroup(of: TasksResponse.self) { group in
            for _ in 0..<8 {
                group.addTask { try await fixture.engine.runTask(request, principal: "test") }
            }
            return try await group.reduce(into: []) { $0 += $1.tasks }
        }
        let task = try #require(tasks.first)
        #expect(Set(tasks.map(\.taskArn)).count == 1)
        #expect(try await fixture.end(task).containers[0].exitCode == 0)
        #expect(releases.ids == [task.id])
        #expect(try fixture.cgroups.tasks().isEmpty, "those that were launched beside it have ended")
        #expect(try fixture.logs.map { $0.prefix(32) } == [task.id[...]])
    }

    @Test("by the daemon that takes it up, when the one that accepted it said nothing")
    func takenUp() async throws {
        let first = try await EngineFixture(wrap: { DeafLauncher(launcher: $0, releases: false) })
        let task = try await first.start(try await first.register("exit 3"))
        while try !first.cgroups.isPopulated(task.id) { try await Task.sleep(for: .milliseconds(1)) }
        let second = try await EngineFixture(after: first)
        #expect(try await second.end(task).containers[0].exitCode == 3)
    }

    @Test(
        "by no daemon that knows nothing of it: it is removed, whatever its containers wait for",
        .timeLimit(.minutes(10)))
    func stranger() async throws {
        let first = try await EngineFixture(wrap: { DeafLauncher(launcher: $0, releases: false) })
        let containers = ["early", "late"].map { name in
            var container = ContainerDefinition()
            container.name = name
            container.image = "busybox"
            container.command = ["true"]
            container.essential = name == "late"
            return container
        }
        let task = try await first.start(try await first.register(containers))
        while try !first.cgroups.isPopulated(task.id) { try await Task.sleep(for: .milliseconds(1)) }
        let second = try await EngineFixture(after: first, ownStore: true)
        #expect(try second.cgroups.tasks().isEmpty)
        #expect(try second.logs.isEmpty)
        while try !shims(of: task.id).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    }
}

extension EngineFixture {
    /// Names of log files.
    fileprivate var logs: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: root + "/logs") }
    }
}

/// The ids of tasks that were released.
private final class Releases: Sendable {
    private let all = Mutex<Set<String>>([])
    var ids: Set<String> { all.withLock { $0 } }
    func note(_ id: String) { all.withLock { _ = $0.insert(id) } }
}

/// The real launcher, with a note of each release.
private struct ReleaseCounter: TaskLauncher {
    var launcher: any TaskLauncher
    var releases: Releases

    struct Counted: LaunchedTask {
        var task: any LaunchedTask
        var note: @Sendable () -> Void
        var events: AsyncStream<TaskEvent> { task.events }
        func release() {
            note()
            task.release()
        }
        func stop() { task.stop() }
        func giveUp(_ container: Int) { task.giveUp(container) }
        func settled() { task.settled() }
    }

    func launch(_ request: LaunchRequest) throws(LinuxError) -> any LaunchedTask {
        let id = request.id
        return Counted(task: try launcher.launch(request)) { [releases] in releases.note(id) }
    }

    func prepareNext() { launcher.prepareNext() }
    func adopt(directory: String) throws(LinuxError) -> AdoptedTask { try launcher.adopt(directory: directory) }
}
