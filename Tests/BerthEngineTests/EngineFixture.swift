import BerthCgroups
import BerthImages
import BerthLaunch
import BerthLedger
import BerthLinux
import BerthModel
import BerthOCI
import BerthStore
import Foundation
import Glibc
import Logging
import Synchronization

@testable import BerthEngine

/// An engine on the real kernel, in a directory and a cgroup of its own; all is removed at the end.
final class EngineFixture: Sendable {
    let root: String
    let cgroups: any CgroupDriver
    let store: Store
    let engine: Engine
    let networks: PuppetNetworks
    private let ownsRoot: Bool

    /// - Parameters:
    ///   - successor: takes over the directory of an earlier one, as a daemon that is started again.
    ///   - wrap: puts a launcher before the real one.
    ///   - wrapImages: puts other images before the one there is.
    ///   - ownStore: whether it knows nothing of what the earlier one wrote down.
    ///   - networks: of this engine alone, as a daemon's are; what an earlier one held is told by the store.
    ///   - configure: what an operator would set.
    init(
        after predecessor: EngineFixture? = nil, ownStore: Bool = false,
        capacity: TaskSize = TaskSize(cpuUnits: 8192, memoryMiB: 16384),
        wrap: (any TaskLauncher) -> any TaskLauncher = { $0 },
        images wrapImages: (BusyboxImages) -> any TaskImages = { $0 }, networks: PuppetNetworks = PuppetNetworks(),
        configure: (inout EngineConfiguration) -> Void = { _ in }
    ) async throws {
        ownsRoot = predecessor == nil
        root = predecessor?.root ?? "/tmp/berth-engine-\(UInt32.random(in: 0 ... .max))"
        cgroups = try predecessor?.cgroups ?? makeDriver(root: "/" + root.dropFirst(5))
        if ownsRoot { try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true) }
        store = try (ownStore ? nil : predecessor?.store) ?? Store(path: root + (ownStore ? "/own.db" : "/berth.db"))
        if ownsRoot { try cgroups.prepare() }
        let images = wrapImages(try BusyboxImages(root: root + "/images"))
        var configuration = EngineConfiguration(
            root: root, account: testAccount, capacity: capacity, prices: .fargateUSEast1)
        configure(&configuration)
        self.networks = networks
        engine = try Engine(
            configuration: configuration,
            store: store, images: images, launcher: wrap(ShimLauncher(try Launcher(shim: Self.shim))), cgroups: cgroups,
            networks: networks,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await engine.start()
    }

    deinit {
        guard ownsRoot else { return }
        for task in (try? cgroups.tasks()) ?? [] {
            try? cgroups.endTask(task)
            try? cgroups.removeTask(task)
        }
        try? cgroups.dismantle()
        // The engine's trash may still be at work in the same directory.
        for _ in 0..<500 where FileManager.default.fileExists(atPath: root) {
            try? FileManager.default.removeItem(atPath: root)
            usleep(10_000)
        }
    }

    /// The shim that this build made, beside the test bundle.
    private static var shim: String {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.appending(path: "berth-shim").path) {
            folder.deleteLastPathComponent()
        }
        return folder.appending(path: "berth-shim").path
    }

    /// Registers a definition of one container that runs a shell script.
    @discardableResult
    func register(_ script: String, change: (inout ContainerDefinition) -> Void = { _ in }) async throws -> String {
        var container = ContainerDefinition()
        container.name = "main"
        container.image = "busybox"
        container.command = ["sh", "-c", script]
        change(&container)
        return try await register([container])
    }

    func register(_ containers: [ContainerDefinition], memory: String = "512") async throws -> String {
        var request = RegisterTaskDefinitionRequest()
        request.family = "test"
        request.cpu = "256"
        request.memory = memory
        request.containerDefinitions = containers
        return try await engine.registerTaskDefinition(request, principal: "test").taskDefinition.taskDefinitionArn
    }

    /// Starts one task.
    func start(_ definition: String, change: (inout RunTaskRequest) -> Void = { _ in }) async throws -> ECSTask {
        var request = RunTaskRequest()
        request.taskDefinition = definition
        change(&request)
        let response = try await engine.runTask(request, principal: "test")
        return try required(response.tasks.first, "\(response.failures)")
    }

    /// Follows a task to its end; all states on the way.
    func states(_ task: ECSTask) async throws -> [ECSTask] {
        var states: [ECSTask] = []
        for await state in try await engine.follow(task: task.taskArn) { states.append(state) }
        return states
    }

    func end(_ task: ECSTask) async throws -> ECSTask { try required(try await states(task).last, "no state") }

    func run(_ script: String, change: (inout ContainerDefinition) -> Void = { _ in }) async throws -> ECSTask {
        try await end(try await start(try await register(script, change: change)))
    }

    /// What a task printed, by the log API.
    func log(_ task: ECSTask) async throws -> [String] {
        var request = FilterLogEventsRequest()
        request.logGroupName = "/berth/test"
        request.logStreamNames = ["main/\(task.id)"]
        return try await engine.filterLogEvents(request).items.map(\.message)
    }
}

/// The processes that have the title of the task's shim.
func shims(of task: String) throws -> [pid_t] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { pid in
        FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") == Data("berth-shim\0\(task)\0".utf8)
    }
}

struct Missing: Error, CustomStringConvertible {
    var description: String
}

func required<Value>(_ value: Value?, _ what: String) throws -> Value {
    guard let value else { throw Missing(description: what) }
    return value
}

/// One image, `busybox`, made of the host's static busybox.
struct BusyboxImages: TaskImages {
    private let image: StoredImage

    init(root: String) throws {
        let layer = root + "/layers/base"
        for directory in ["bin", "etc", "tmp"] {
            try FileManager.default.createDirectory(atPath: "\(layer)/\(directory)", withIntermediateDirectories: true)
        }
        if !FileManager.default.fileExists(atPath: layer + "/bin/busybox") {
            try FileManager.default.copyItem(atPath: "/bin/busybox", toPath: layer + "/bin/busybox")
            for applet in [
                "sh", "true", "cat", "id", "echo", "sleep", "env", "hostname", "pwd", "kill", "dd", "head", "tail",
            ] {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(layer)/bin/\(applet)", withDestinationPath: "busybox")
            }
        }
        let digest = try required(Digest("sha256:" + String(repeating: "ab", count: 32)), "digest")
        image = StoredImage(
            name: "docker.io/library/busybox:latest", digest: digest,
            configuration: ImageConfiguration(
                platform: .host, config: .init(environment: ["PATH=/bin", "FROM=image"], command: ["sh"]),
                diffIDs: [digest]),
            layers: [layer], layersRoot: root + "/layers", size: 1, platform: .host, importedAt: 0)
    }

    func image(_ reference: String) throws(ImageError) -> StoredImage {
        guard reference == "busybox" else {
            throw ImageError(
                .notFound,
                "there is no image \(reference) here; import it with: berth image import PATH --tag \(reference)")
        }
        return image
    }

    func user(_ specification: String, in image: StoredImage) throws(ImageError) -> ImageUser {
        ImageUser(uid: UInt32(specification) ?? 0, gid: 0, additionalGids: [0], home: "/")
    }

    func importImage(from path: String, name: String?) throws(ImageError) -> [StoredImage] { [] }
    func images() -> [StoredImage] { [image] }
}

/// A launcher whose tasks nobody hears of any more: what a daemon is that was killed after the launch.
struct DeafLauncher: TaskLauncher {
    var launcher: any TaskLauncher
    /// Whether it lived long enough to let their programs run.
    var releases = true

    struct Unheard: LaunchedTask {
        var task: any LaunchedTask
        var releases: Bool
        let events = AsyncStream<TaskEvent> { _ in }
        func release() { if releases { task.release() } }
        func stop() {}
        func giveUp(_ container: Int) {}
        func settled() {}
    }

    func launch(_ request: LaunchRequest) throws(LinuxError) -> any LaunchedTask {
        Unheard(task: try launcher.launch(request), releases: releases)
    }

    func prepareNext() { launcher.prepareNext() }
    func adopt(directory: String) throws(LinuxError) -> AdoptedTask { try launcher.adopt(directory: directory) }
}

extension EngineFixture {
    /// Waits until a task's shim has been started.
    func launched(_ task: ECSTask) async throws {
        while !FileManager.default.fileExists(atPath: root + "/tasks/\(task.id)/record") {
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

extension Engine {
    func follow(task name: String) async throws -> AsyncStream<ECSTask> {
        let (states, continuation) = AsyncStream<ECSTask>.makeStream()
        try await follow(task: name, into: continuation)
        return states
    }
}

/// A launcher that never comes to launch: what a daemon is that was killed after it accepted.
struct StuckLauncher: TaskLauncher {
    var launcher: any TaskLauncher
    let arrivals: Arrivals

    /// The tasks that it was to launch; an engine still prepares one that is not here.
    final class Arrivals: Sendable {
        private let ids = Mutex<Set<String>>([])
        func note(_ id: String) { ids.withLock { _ = $0.insert(id) } }
        func wait(for task: ECSTask) async throws {
            while !ids.withLock({ $0.contains(task.id) }) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }
    struct Nothing: LaunchedTask {
        let events = AsyncStream<TaskEvent> { _ in }
        func release() {}
        func stop() {}
        func giveUp(_ container: Int) {}
        func settled() {}
    }
    func launch(_ request: LaunchRequest) throws(LinuxError) -> any LaunchedTask {
        arrivals.note(request.id)
        return Nothing()
    }
    func prepareNext() { launcher.prepareNext() }
    func adopt(directory: String) throws(LinuxError) -> AdoptedTask { try launcher.adopt(directory: directory) }
}
