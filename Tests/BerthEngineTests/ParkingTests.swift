import BerthImages
import BerthLinux
import BerthModel
import BerthOCI
import Foundation
import Synchronization
import Testing

@testable import BerthEngine

@Suite("A sandbox that waits", .timeLimit(.minutes(1)))
struct ParkingTests {
    private static let long = "trap 'exit 0' TERM; while :; do sleep 0.05; done"

    private func fixture(
        _ parked: Int = 1, capacity: TaskSize = TaskSize(cpuUnits: 1024, memoryMiB: 2048),
        networks: PuppetNetworks = PuppetNetworks(), images: (BusyboxImages) -> any TaskImages = { $0 }
    ) async throws -> EngineFixture {
        try await EngineFixture(capacity: capacity, images: images, networks: networks) { $0.parkedSandboxes = parked }
    }

    @Test("takes the next task like the last: same id, its own output, bill and addresses")
    func isUsed() async throws {
        let fixture = try await fixture()
        let definition = try await fixture.register("echo here; exit 3")
        _ = try await fixture.end(try await fixture.start(definition))
        let waiting = try await fixture.parked()
        let task = try await fixture.start(definition) { $0.startedBy = "somebody" }
        #expect([task.id] == waiting)
        #expect(fixture.networks.held[task.id]?.link != nil)
        let end = try await fixture.end(task)
        #expect(end.containers[0].exitCode == 3)
        #expect(end.containers[0].imageDigest == "sha256:" + String(repeating: "ab", count: 32))
        #expect(end.startedBy == "somebody")
        #expect(try #require(end.pullStartedAt) >= task.createdAt)
        #expect(try #require(end.startedAt) >= task.createdAt)
        #expect(try await fixture.log(task) == ["here"])
        #expect(try await fixture.store.read { try $0.ledgerRows(keyPrefix: task.id + "/") }.isEmpty == false)
        #expect(try await fixture.parked() != waiting)
        try await fixture.isEmptyAfterShutdown()
    }

    @Test("takes no task of other settings, and gives way to one of theirs")
    func kinds() async throws {
        let fixture = try await fixture()
        let definition = try await fixture.register("true")
        _ = try await fixture.end(try await fixture.start(definition))
        let first = try await fixture.parked()
        let other = try await fixture.start(definition) { request in
            var container = ContainerOverride(name: "main")
            container.command = ["sh", "-c", "exit 4"]
            request.overrides = TaskOverride()
            request.overrides?.containerOverrides = [container]
        }
        #expect([other.id] != first)
        #expect(try await fixture.end(other).containers[0].exitCode == 4)
        while try await fixture.parked() == first { try await Task.sleep(for: .milliseconds(5)) }
        try await fixture.isEmptyAfterShutdown()
    }

    @Test("is as many as wanted, also of one call")
    func several() async throws {
        let fixture = try await fixture(3)
        let definition = try await fixture.register("true")
        for task in try await fixture.start(definition, count: 4) { _ = try await fixture.end(task) }
        let waiting = try await fixture.parked(3)
        let tasks = try await fixture.start(definition, count: 4)
        #expect(Set(tasks.map(\.id)).isSuperset(of: waiting))
        for task in tasks { #expect(try await fixture.end(task).containers[0].exitCode == 0) }
        try await fixture.isEmptyAfterShutdown()
    }

    @Test("takes no task when its image's name means another one by now")
    func otherImage() async throws {
        let names = Mutex<MovingImages?>(nil)
        let fixture = try await fixture(images: { base in
            let images = MovingImages(base)
            names.withLock { $0 = images }
            return images
        })
        let definition = try await fixture.register("true")
        _ = try await fixture.end(try await fixture.start(definition))
        let waiting = try await fixture.parked()
        try #require(names.withLock { $0 }).move()
        let task = try await fixture.start(definition)
        #expect([task.id] != waiting)
        #expect(try await fixture.end(task).containers[0].imageDigest == MovingImages.other)
        try await fixture.isEmptyAfterShutdown()
    }

    @Test("takes no task when its shim or its process was killed", arguments: [true, false])
    func killed(shim: Bool) async throws {
        let fixture = try await fixture()
        let definition = try await fixture.register("exit 5")
        _ = try await fixture.end(try await fixture.start(definition))
        let waiting = try await fixture.parked()
        if shim {
            for pid in try shims(of: waiting[0]) { kill(pid, SIGKILL) }
        } else {
            while try !fixture.cgroups.isPopulated(waiting[0]) { try await Task.sleep(for: .milliseconds(5)) }
            try fixture.cgroups.endTask(waiting[0])
        }
        while !fixture.engine.parked.ids.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        let task = try await fixture.start(definition)
        #expect([task.id] != waiting)
        #expect(try await fixture.end(task).containers[0].exitCode == 5)
        try await fixture.isEmptyAfterShutdown()
    }

    @Test("takes none of the capacity, and leaves nothing of a task for which there is none")
    func capacity() async throws {
        let fixture = try await fixture(capacity: TaskSize(cpuUnits: 256, memoryMiB: 512))
        let definition = try await fixture.register(Self.long)
        let long = try await fixture.start(definition)
        let waiting = try await fixture.parked()
        await #expect(throws: Missing.self) { try await fixture.start(definition) }
        while try fixture.cgroups.tasks().contains(waiting[0]) { try await Task.sleep(for: .milliseconds(5)) }
        _ = try await fixture.engine.stopTask(cluster: nil, task: long.id, reason: nil)
        _ = try await fixture.end(long)
        _ = try await fixture.run("true")
        try await fixture.isEmptyAfterShutdown()
    }

    @Test("gives its address to a task that needs one")
    func address() async throws {
        let fixture = try await fixture(networks: PuppetNetworks(addresses: 2))
        let long = try await fixture.start(try await fixture.register(Self.long))
        _ = try await fixture.parked()
        #expect(try await fixture.run("exit 6").containers[0].exitCode == 6)
        _ = try await fixture.engine.stopTask(cluster: nil, task: long.id, reason: nil)
        _ = try await fixture.end(long)
        try await fixture.isEmptyAfterShutdown()
    }

    @Test("takes one of the calls with one token")
    func twins() async throws {
        let fixture = try await fixture(4)
        let definition = try await fixture.register("true")
        for task in try await fixture.start(definition, count: 4) { _ = try await fixture.end(task) }
        _ = try await fixture.parked(4)
        let tasks = try await withThrowingTaskGroup(of: ECSTask.self) { group in
            for _ in 0..<4 { group.addTask { try await fixture.start(definition) { $0.clientToken = "one" } } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1.id) }
        }
        #expect(tasks.count == 1)
        try await fixture.isEmptyAfterShutdown()
    }

    @Test("is removed by the daemon that comes after one that was killed")
    func stranger() async throws {
        let first = try await fixture()
        _ = try await first.run("true")
        let waiting = try await first.parked()
        let second = try await EngineFixture(after: first)
        #expect(try second.cgroups.tasks().isEmpty)
        while try !shims(of: waiting[0]).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test("is kept for a while only")
    func age() async throws {
        let fixture = try await fixture()
        _ = try await fixture.run("true")
        _ = try await fixture.parked()
        await fixture.engine.endOldParked()
        #expect(try fixture.cgroups.tasks().count == 1)
        #expect(await fixture.engine.makeRoom())
        try await fixture.isEmptyAfterShutdown()
    }
}

extension EngineFixture {
    /// Waits until so many wait; their ids.
    fileprivate func parked(_ count: Int = 1) async throws -> [String] {
        while engine.parked.ids.count != count { try await Task.sleep(for: .milliseconds(5)) }
        return engine.parked.ids
    }

    fileprivate func start(_ definition: String, count: Int) async throws -> [ECSTask] {
        var request = RunTaskRequest()
        request.taskDefinition = definition
        request.count = count
        return try await engine.runTask(request, principal: "test").tasks
    }

    /// With all tasks over, nothing of any sandbox is left.
    fileprivate func isEmptyAfterShutdown() async throws {
        await engine.shutdown()
        #expect(engine.parked.ids.isEmpty)
        #expect((try? cgroups.tasks()) ?? [] == [])
        #expect(networks.held.isEmpty)
        let stopped = try FileManager.default.contentsOfDirectory(atPath: root + "/logs").map { String($0.prefix(32)) }
        let known = try await engine.tasks(ids: stopped)
        #expect(!known.contains { $0 == nil }, "a log of no task")
    }
}

/// Images whose name moves to another digest.
private final class MovingImages: TaskImages {
    static let other = "sha256:" + String(repeating: "cd", count: 32)
    private let base: BusyboxImages
    private let hasMoved = Mutex(false)

    init(_ base: BusyboxImages) { self.base = base }

    func move() { hasMoved.withLock { $0 = true } }

    func image(_ reference: String) throws(ImageError) -> StoredImage {
        var image = try base.image(reference)
        if hasMoved.withLock({ $0 }), let other = Digest(Self.other) { image.digest = other }
        return image
    }
    func user(_ specification: String, in image: StoredImage) throws(ImageError) -> ImageUser {
        try base.user(specification, in: image)
    }
    func importImage(from path: String, name: String?) throws(ImageError) -> [StoredImage] { [] }
    func images() -> [StoredImage] { base.images() }
}
