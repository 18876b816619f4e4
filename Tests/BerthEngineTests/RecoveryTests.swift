import BerthImages
import BerthLedger
import BerthModel
import BerthOCI
import Foundation
import Glibc
import Synchronization
import Testing

@testable import BerthEngine

@Suite(.timeLimit(.minutes(10))) struct `After a daemon was killed` {
    /// The ledger's rows about a task.
    private func charges(_ fixture: EngineFixture, _ task: ECSTask) async throws -> Int {
        try await fixture.store.read { try $0.ledgerRows(keyPrefix: task.id + "/") }.count
    }

    @Test func `a task that runs on is taken up again, with its exit code, log and one charge`() async throws {
        let dead = try await EngineFixture { DeafLauncher(launcher: $0) }
        let task = try await dead.start(try await dead.register("echo before; sleep 0.3; echo after; exit 5"))
        try await dead.launched(task)
        let fixture = try await EngineFixture(after: dead)
        let end = try await fixture.end(task)
        #expect(end.containers[0].exitCode == 5)
        #expect(try await fixture.log(task) == ["before", "after"])
        #expect(try await charges(fixture, task) == 3)
        #expect(try fixture.cgroups.tasks().isEmpty)
    }

    @Test func `a task that ended meanwhile is settled by its record`() async throws {
        let dead = try await EngineFixture { DeafLauncher(launcher: $0) }
        let task = try await dead.start(try await dead.register("exit 6"))
        try await dead.launched(task)
        // The shim removes the cgroup when its record is durable.
        while try dead.cgroups.tasks().contains(task.id) { try await Task.sleep(for: .milliseconds(5)) }
        let fixture = try await EngineFixture(after: dead)
        let end = try await fixture.end(task)
        #expect(end.containers[0].exitCode == 6)
        #expect(end.lastStatus == .stopped)
        #expect(try await charges(fixture, task) == 3)
        // A further start finds nothing to do.
        let third = try await EngineFixture(after: dead)
        #expect(try await third.end(task) == end)
        #expect(try await charges(third, task) == 3)
    }

    @Test func `the cgroups of a task that ended meanwhile go, in every hierarchy`() async throws {
        let dead = try await EngineFixture { DeafLauncher(launcher: $0) }
        let task = try await dead.start(try await dead.register("exit 6"))
        try await dead.launched(task)
        while try dead.cgroups.tasks().contains(task.id) { try await Task.sleep(for: .milliseconds(5)) }
        #expect(dead.cgroups.name == "unified" || !cgroups(of: task, dead).isEmpty)
        let fixture = try await EngineFixture(after: dead)
        #expect(try await fixture.end(task).lastStatus == .stopped)
        while !cgroups(of: task, fixture).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// Those right below the driver's root: of version 1, in every hierarchy.
    private func cgroups(of task: ECSTask, _ fixture: EngineFixture) -> [String] {
        let hierarchies = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup")) ?? []
        return hierarchies.map { "/sys/fs/cgroup/\($0)/\(fixture.root.dropFirst(5))/\(task.id)" }
            .filter { FileManager.default.fileExists(atPath: $0) }
    }

    @Test func `a task that was accepted and not launched is launched`() async throws {
        let arrivals = StuckLauncher.Arrivals()
        let dead = try await EngineFixture { StuckLauncher(launcher: $0, arrivals: arrivals) }
        let task = try await dead.start(try await dead.register("exit 4"))
        try await arrivals.wait(for: task)
        let fixture = try await EngineFixture(after: dead)
        #expect(try await fixture.end(task).containers[0].exitCode == 4)
    }

    @Test func `a task whose start was not written down holds the image that was pushed for it`() async throws {
        let dead = try await EngineFixture(
            wrap: { DeafLauncher(launcher: $0) }, images: { PushedImages($0) })
        let task = try await dead.start(
            try await dead.register("while [ ! -e /tmp/end ]; do sleep 0.02; done") { $0.image = "own/app:v1" })
        try await dead.launched(task)
        let images = Mutex<PushedImages?>(nil)
        let fixture = try await EngineFixture(
            after: dead,
            images: { base in
                let made = PushedImages(base)
                images.withLock { $0 = made }
                return made
            })
        let held = try required(images.withLock { $0 }, "no images").held
        #expect(held == ["task \(task.id)"])
        _ = try await fixture.engine.stopTask(cluster: nil, task: task.id, reason: "enough")
        _ = try await fixture.end(task)
    }

    @Test func `a stop that was answered is carried out`() async throws {
        let dead = try await EngineFixture { DeafLauncher(launcher: $0) }
        let script = "trap 'exit 9' TERM; echo up; while true; do sleep 0.05; done"
        let task = try await dead.start(try await dead.register(script))
        while try await dead.log(task) != ["up"] { try await Task.sleep(for: .milliseconds(5)) }
        _ = try await dead.engine.stopTask(cluster: nil, task: task.id, reason: "enough")
        let fixture = try await EngineFixture(after: dead)
        let end = try await fixture.end(task)
        #expect(end.stopCode == .userInitiated)
        #expect(end.stoppedReason == "enough")
        #expect(end.containers[0].exitCode == 9)
    }

    @Test func `a task whose shim was killed too ends with its exit unknown, and nothing of it lives`() async throws {
        let fixture = try await EngineFixture()
        let task = try await fixture.start(try await fixture.register("sleep 1000"))
        for await state in try await fixture.engine.follow(task: task.id) where state.lastStatus == .running { break }
        let shim = try required(try shims(of: task.id).first, "no shim")
        #expect(kill(shim, SIGKILL) == 0)
        let end = try await fixture.end(task)
        #expect(end.containers[0].exitCode == nil)
        #expect(end.containers[0].reason?.hasPrefix("ExitUnknownError: ") == true)
        #expect(try await charges(fixture, task) == 3)
        #expect(try fixture.cgroups.tasks().isEmpty)
    }

    @Test func `what belongs to no task is removed`() async throws {
        let dead = try await EngineFixture()
        let stranger = String(repeating: "f", count: 32)
        _ = try dead.cgroups.createTask(
            stranger, limits: .init(cpuUnits: 256, memoryBytes: 64 << 20, pids: 10), containers: [.init(name: "main")])
        try FileManager.default.createDirectory(
            atPath: dead.root + "/tasks/" + stranger, withIntermediateDirectories: true)
        let fixture = try await EngineFixture(after: dead)
        #expect(try fixture.cgroups.tasks().isEmpty)
    }
}

/// `own/app:v1` is a pushed image: not in memory by its name, but known.
private final class PushedImages: TaskImages {
    private struct Held: HeldImage {}
    private let base: BusyboxImages
    private let users = Mutex<[String]>([])

    init(_ base: BusyboxImages) { self.base = base }

    /// Who has held an image.
    var held: [String] { users.withLock { $0 } }

    func image(_ reference: String) throws(ImageError) -> StoredImage { try base.image("busybox") }
    func ready(_ reference: String) throws(ImageError) -> StoredImage? { nil }
    func known(_ reference: String) throws(ImageError) -> StoredImage? {
        reference == "own/app:v1" ? try base.image("busybox") : nil
    }
    func hold(digest: Digest, user: String) -> (any HeldImage)? {
        users.withLock { $0.append(user) }
        return Held()
    }
    func user(_ specification: String, in image: StoredImage) throws(ImageError) -> ImageUser {
        try base.user(specification, in: image)
    }
    func importImage(from path: String, name: String?) throws(ImageError) -> [StoredImage] { [] }
    func images() -> [StoredImage] { base.images() }
}
