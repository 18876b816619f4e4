import BerthImages
import BerthLinux
import BerthModel
import BerthOCI
import Foundation
import Synchronization
import Testing

@testable import BerthEngine

@Suite("A sandbox that waits", .timeLimit(.minutes(10)))
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
        #expect(fixture.networks.held[waiting[0]]?.link != nil)
        let task = try await fixture.start(definition) { $0.startedBy = "somebody" }
        #expect([task.id] == waiting)
        let end = try await fixture.end(task)
        #expect(end.containers[0].exitCode == 3)
        #expect(end.containers[0].imageDigest == "sha256:" + String(repeating: "ab", count: 32))
        #expect(end.startedBy == "somebody")
        let calls = fixture.networks.calls.filter { $0.hasSuffix(task.id) }
        #expect(calls == ["take \(task.id)", "release \(task.id)"])
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
            while try shims(of: waiting[0]).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
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

    @Test("gives its address and its ids to a task that needs them, all at once", arguments: [true, false])
    func room(addresses: Bool) async throws {
        let networks = PuppetNetworks(addresses: addresses ? 4 : 250)
        let fixture = try await EngineFixture(networks: networks) { configuration in
            configuration.parkedSandboxes = 3
            configuration.hostIDs.count = addresses ? 4095 : 4
        }
        let definition = try await fixture.register(Self.long)
        let first = try await fixture.start(definition)
        for _ in 0..<3 { fixture.engine.parkNext(try await fixture.order(like: first)) }
        _ = try await fixture.parked(3)
        let other = try await fixture.register("exit 6")
        let tasks = try await withThrowingTaskGroup(of: ECSTask.self) { group in
            for _ in 0..<3 { group.addTask { try await fixture.end(try await fixture.start(other)) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(tasks.allSatisfy { $0.containers[0].exitCode == 6 })
        _ = try await fixture.engine.stopTask(cluster: nil, task: first.id, reason: nil)
        _ = try await fixture.end(first)
        try await fixture.isEmptyAfterShutdown()
    }

    @Test("takes a task of any shape, and one that is stopped at once")
    func shapes() async throws {
        let fixture = try await fixture()
        let containers = ["early", "late"].map { (name: String) -> ContainerDefinition in
            var container = ContainerDefinition()
            container.name = name
            container.image = "busybox"
            container.command = ["sh", "-c", "echo \(name); sleep 1; exit 7"]
            container.essential = name == "late"
            container.pseudoTerminal = true
            container.linuxParameters = LinuxParameters()
            container.linuxParameters?.initProcessEnabled = true
            if name == "late" {
                var dependency = ContainerDependency()
                dependency.containerName = "early"
                dependency.condition = "COMPLETE"
                container.dependsOn = [dependency]
            }
            return container
        }
        let definition = try await fixture.register(containers)
        _ = try await fixture.end(try await fixture.start(definition))
        let waiting = try await fixture.parked()
        let task = try await fixture.start(definition)
        #expect([task.id] == waiting)
        #expect(try await fixture.end(task).containers.map(\.exitCode) == [7, 7])
        let next = try await fixture.parked()
        let stopped = try await fixture.start(definition)
        #expect([stopped.id] == next)
        _ = try await fixture.engine.stopTask(cluster: nil, task: stopped.id, reason: nil)
        #expect(try await fixture.end(stopped).stopCode == .userInitiated)
        try await fixture.isEmptyAfterShutdown()
    }

    @Test("has its task go on when the daemon was killed before its word")
    func unheard() async throws {
        let first = try await EngineFixture(
            wrap: { DeafLauncher(launcher: $0, releases: false) }, configure: { $0.parkedSandboxes = 1 })
        let definition = try await first.register("exit 8")
        let tasks = [try await first.start(definition)]
        let waiting = try await first.parked()
        let task = try await first.start(definition)
        #expect([task.id] == waiting)
        try await first.launched(tasks[0])
        let second = try await EngineFixture(after: first)
        for one in tasks + [task] { #expect(try await second.end(one).containers[0].exitCode == 8) }
    }

    @Test("takes one of the calls with one token")
    func twins() async throws {
        let fixture = try await fixture(4)
        let definition = try await fixture.register("true")
        for task in try await fixture.start(definition, count: 4) { _ = try await fixture.end(task) }
        _ = try await fixture.parked(4)
        let tasks = try await withThrowingTaskGroup(of: ECSTask.self) { group in
            for _ in 0..<4 { group.addTask { try await fixture.start(definition) { $0.clientToken = "one" } } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(tasks.map(\.id)).count == 1)
        _ = try await fixture.end(tasks[0])
        try await fixture.isEmptyAfterShutdown()
    }

    @Test("is ended when its task could not be written down")
    func unwritten() async throws {
        let fixture = try await fixture()
        let definition = try await fixture.register("true")
        let first = try await fixture.end(try await fixture.start(definition))
        let waiting = try await fixture.parked()
        try await fixture.store.write { [id = waiting[0]] writer in
            var row = try required(try writer.reader.task(first.id), "no row")
            row.task.taskArn = row.task.taskArn.replacing(first.id, with: id)
            try writer.addTask(row, cluster: "default", family: "another")
        }
        await #expect(throws: (any Error).self, "a row of its id is there") { try await fixture.start(definition) }
        #expect(try !fixture.cgroups.tasks().contains(waiting[0]))
        #expect(fixture.networks.held[waiting[0]] == nil)
        _ = try await fixture.run("true")
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
        let waiting = try await fixture.parked()
        await fixture.engine.endParked()
        #expect(fixture.engine.parked.ids == waiting)
        await fixture.engine.endParked(olderThan: .zero)
        #expect(try fixture.cgroups.tasks().isEmpty)
        try await fixture.isEmptyAfterShutdown()
    }

    @Test("is not there while somebody wants none, be it on its way")
    func closed() async throws {
        let fixture = try await fixture(4)
        let definition = try await fixture.register("true")
        for task in try await fixture.start(definition, count: 4) { _ = try await fixture.end(task) }
        for _ in 0..<20 {
            await fixture.engine.withoutParked {
                #expect(fixture.engine.parked.isEmpty)
                #expect((try? fixture.cgroups.tasks()) == [])
            }
            _ = try await fixture.end(try await fixture.start(definition))
        }
        try await fixture.isEmptyAfterShutdown()
    }
}

extension EngineFixture {
    /// Waits until so many wait; their ids.
    fileprivate func parked(_ count: Int = 1) async throws -> [String] {
        while engine.parked.ids.count != count { try await Task.sleep(for: .milliseconds(5)) }
        return engine.parked.ids
    }

    /// What a call like that of a task asks for.
    fileprivate func order(like task: ECSTask) async throws -> TaskOrder {
        let live = try required(engine.live[task.id], "no live task")
        let found = try await store.read { try $0.definition(family: live.family, revision: live.dossier.revision) }
        return TaskOrder(
            request: live.dossier.request, definition: try required(found, "no definition").taskDefinition,
            settings: live.settings, tags: [], cluster: live.cluster)
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
