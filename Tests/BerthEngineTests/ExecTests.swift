import BerthImages
import BerthLaunch
import BerthModel
import BerthOCI
import Foundation
import Synchronization
import Testing

@testable import BerthEngine

@Suite struct `Executing in a running container` {
    let launcher = PuppetLauncher()

    /// An engine over the puppets, with one task whose containers run.
    func running(
        executeCommand: Bool = true, containers names: [String] = ["main"], role: String? = nil,
        change: (inout ContainerDefinition) -> Void = { _ in }
    ) async throws -> (EngineFixture, ECSTask) {
        let fixture = try await EngineFixture { _ in launcher }
        let definition = try await fixture.register(
            names.map { name in
                var container = ContainerDefinition()
                container.name = name
                container.image = "busybox"
                container.command = ["sleep", "1000"]
                change(&container)
                return container
            })
        let task = try await fixture.start(definition) { request in
            request.enableExecuteCommand = executeCommand
            guard let role else { return }
            request.overrides = TaskOverride()
            request.overrides?.taskRoleArn = role
        }
        return (fixture, try await started(fixture, task))
    }

    private func started(_ fixture: EngineFixture, _ task: ECSTask) async throws -> ECSTask {
        while launcher[task.id] == nil { try await Task.sleep(for: .milliseconds(1)) }
        for index in task.containers.indices { launcher[task.id]?.start(index) }
        for await state in try await fixture.engine.follow(task: task.id) where state.lastStatus == .running {
            return state
        }
        throw Missing(description: "it never ran")
    }

    /// Opens a session, shows its ticket and starts the program. What was asked of the launcher.
    private func execute(_ fixture: EngineFixture, _ call: ExecCall, size: WindowSize? = nil) async throws
        -> ExecRequest
    {
        let ticket = try await fixture.engine.openExec(call)
        let admission = try required(
            fixture.engine.admitExec(sessionID: ticket.sessionID, token: ticket.token), "no admission")
        _ = try await fixture.engine.startExec(admission, size: size ?? Engine.usualWindow)
        return try required(launcher[ticket.task.id]?.requests.last, "no request")
    }

    func refusal(_ body: () async throws -> Void) async -> ServiceError? {
        do { try await body() } catch { return error as? ServiceError }
        return nil
    }

    @Test func `a user is looked up in the image that runs, though its name means another by now`() async throws {
        let images = Mutex<MovedImages?>(nil)
        let fixture = try await EngineFixture(
            wrap: { _ in launcher },
            images: { base in
                let made = MovedImages(base)
                images.withLock { $0 = made }
                return made
            })
        let definition = try await fixture.register("sleep 1000")
        let task = try await started(fixture, try await fixture.start(definition) { $0.enableExecuteCommand = true })
        var call = ExecCall(task: task.taskArn, command: ["id"])
        call.user = "app"
        #expect(try await execute(fixture, call).uid == 7)
        images.withLock { $0 }?.isMoved.store(true, ordering: .relaxed)
        #expect(try await execute(fixture, call).uid == 7)
    }

    @Test func `a program is what the container is: user, environment, directory, confinement and cgroup`() async throws
    {
        let (fixture, task) = try await running { container in
            container.user = "33"
            container.workingDirectory = "/tmp"
            container.environment = [KeyValuePair(name: "MINE", value: "1")]
        }
        let request = try await execute(fixture, ExecCall(task: task.taskArn, command: ["id", "-u"]))
        #expect(request.container == 0)
        #expect(request.arguments == ["id", "-u"])
        #expect(request.uid == 33)
        #expect(request.workingDirectory == "/tmp")
        #expect(request.environment.contains("MINE=1") && request.environment.contains("FROM=image"))
        #expect(!request.environment.contains { $0.hasPrefix("TERM=") })
        #expect(request.terminal == nil)
        #expect(request.capabilities == .standard)
        #expect(request.cgroup == (try fixture.cgroups.cgroup(of: task.id).containers.first))
    }

    @Test func `a call may name another user, directory and variables`() async throws {
        let (fixture, task) = try await running()
        var call = ExecCall(task: task.id, command: ["sh"])
        call.user = "7"
        call.workingDirectory = "/bin"
        call.environment = [KeyValuePair(name: "FROM", value: "call"), KeyValuePair(name: "NEW", value: "a=b")]
        call.terminal = true
        let request = try await execute(fixture, call, size: WindowSize(rows: 50, columns: 132))
        #expect(request.uid == 7)
        #expect(request.workingDirectory == "/bin")
        #expect(request.environment.filter { $0.hasPrefix("FROM=") } == ["FROM=call"])
        #expect(request.environment.contains("NEW=a=b") && request.environment.contains("TERM=xterm"))
        #expect(request.terminal == WindowSize(rows: 50, columns: 132))
    }

    @Test func `with several containers one must be named, and each has its cgroup`() async throws {
        let (fixture, task) = try await running(containers: ["web", "side"])
        var call = ExecCall(task: task.id, command: ["true"])
        let unnamed = await refusal { _ = try await fixture.engine.openExec(call) }
        #expect(unnamed?.message == "The task has several containers; name one of web, side.")
        call.container = "side"
        let request = try await execute(fixture, call)
        #expect(request.container == 1)
        #expect(request.cgroup.lifecycle.hasSuffix("/side"))
        call.container = "other"
        let unknown = await refusal { _ = try await fixture.engine.openExec(call) }
        #expect(unknown?.message.contains("no container 'other'") == true)
    }

    @Test func `nothing is executed where nothing runs`() async throws {
        let (fixture, task) = try await running(containers: ["web", "side"])
        var call = ExecCall(task: task.id, command: ["true"])
        call.container = "side"
        let ticket = try await fixture.engine.openExec(call)
        launcher[task.id]?.exit(1)
        for await state in try await fixture.engine.follow(task: task.id)
        where state.containers[1].lastStatus == "STOPPED" { break }
        let stopped = await refusal { _ = try await fixture.engine.openExec(call) }
        #expect(stopped?.code == "ClientException")
        // A ticket from before helps nothing.
        let admission = try required(
            fixture.engine.admitExec(sessionID: ticket.sessionID, token: ticket.token), "no admission")
        #expect(await refusal { _ = try await fixture.engine.startExec(admission) } == stopped)

        launcher[task.id]?.stop()
        _ = try await fixture.end(task)
        call.container = "web"
        #expect(await refusal { _ = try await fixture.engine.openExec(call) }?.code == "ClientException")
        let missing = ExecCall(task: String(repeating: "0", count: 32), command: ["true"])
        #expect(await refusal { _ = try await fixture.engine.openExec(missing) } == .taskNotFound)
    }

    @Test(
        arguments: [
            ([], nil, nil, "command cannot be empty"), (["a\0b"], nil, nil, "zero byte"),
            (["a"], "70000", nil, "user 70000"),
            (["a"], nil, "relative", "not an absolute path"),
        ] as [([String], String?, String?, String)])
    func `what cannot be is refused before anything runs`(
        command: [String], user: String?, directory: String?, text: String
    ) async throws {
        let (fixture, task) = try await running()
        var call = ExecCall(task: task.id, command: command)
        call.user = user
        call.workingDirectory = directory
        #expect(await refusal { _ = try await fixture.engine.openExec(call) }?.message.contains(text) == true)
    }

    @Test func `a daemon that took the task up again executes in it as the one before`() async throws {
        let (dead, task) = try await running { $0.user = "5" }
        let before = try await execute(dead, ExecCall(task: task.id, command: ["true"]))
        let fixture = try await EngineFixture(after: dead) { _ in launcher }
        for await state in try await fixture.engine.follow(task: task.id) where state.lastStatus == .running { break }
        let after = try await execute(fixture, ExecCall(task: task.id, command: ["true"]))
        #expect(after.cgroup == before.cgroup)
        #expect(after.environment == before.environment)
        #expect(after.uid == 5)
    }
}

/// `busybox` is one image first, and another once its tag has moved; `app` is user 7 in the one and 8 in the other.
private final class MovedImages: TaskImages {
    let isMoved = Atomic(false)
    private let first: StoredImage

    init(_ base: BusyboxImages) { first = base.images()[0] }

    private var second: StoredImage {
        var image = first
        image.digest = Digest(bytes: [UInt8](repeating: 1, count: 32)) ?? first.digest
        return image
    }

    func image(_ reference: String) throws(ImageError) -> StoredImage {
        if reference == "\(first.digest)" { return first }
        return isMoved.load(ordering: .relaxed) ? second : first
    }
    func user(_ specification: String, in image: StoredImage) throws(ImageError) -> ImageUser {
        ImageUser(uid: image.digest == first.digest ? 7 : 8, gid: 0, additionalGids: [], home: "/")
    }
    func importImage(from path: String, name: String?) throws(ImageError) -> [StoredImage] { [] }
    func images() -> [StoredImage] { [first] }
}
