import BerthImages
import BerthModel
import Foundation
import Synchronization
import Testing

@testable import BerthEngine

@Suite(.timeLimit(.minutes(10))) struct `While images are pulled` {
    /// An engine and the images that it was given.
    private func fixture(
        after predecessor: EngineFixture? = nil, configure: (inout EngineConfiguration) -> Void = { _ in }
    ) async throws -> (EngineFixture, PuppetImages) {
        var puppets: PuppetImages?
        let fixture = try await EngineFixture(
            after: predecessor,
            images: {
                let images = PuppetImages($0)
                puppets = images
                return images
            }, configure: configure)
        return (fixture, try required(puppets, "images"))
    }

    private func start(_ fixture: EngineFixture, _ script: String = "exit 3") async throws -> ECSTask {
        try await fixture.start(try await fixture.register(script) { $0.image = "far" })
    }

    private func now(_ fixture: EngineFixture, _ task: ECSTask) async throws -> ECSTask {
        for await state in try await fixture.engine.follow(task: task.taskArn) { return state }
        throw Missing(description: "no state")
    }

    @Test func `a task is PENDING, and says when the pull began and ended`() async throws {
        let (fixture, images) = try await fixture()
        let task = try await start(fixture)
        let pull = try await images.pull("far")
        let waiting = try await now(fixture, task)
        #expect(waiting.lastStatus == .pending)
        #expect(waiting.pullStartedAt == nil, "nobody has the image yet")
        pull.find(images.layer)
        let pulling = try await now(fixture, task)
        #expect(pulling.lastStatus == .pending)
        let began = try #require(pulling.pullStartedAt)
        #expect(pulling.pullStoppedAt == nil)
        pull.finish()
        let end = try await fixture.end(task)
        #expect(end.pullStartedAt == began)
        #expect(try #require(end.pullStoppedAt) >= began)
        #expect(end.containers[0].exitCode == 3)
        #expect(end.containers[0].imageDigest == images.layer.description)
    }

    @Test func `a task whose image cannot be had fails to start, costs nothing and says why`() async throws {
        let (fixture, images) = try await fixture()
        let task = try await start(fixture)
        try await images.pull("far").finish(.failure(ImageError(.notFound, "cannot pull far: no such image")))
        let end = try await fixture.end(task)
        #expect(end.stopCode == .taskFailedToStart)
        #expect(end.stoppedReason == "CannotPullContainerError: cannot pull far: no such image")
        #expect(end.containers[0].reason == end.stoppedReason)
        #expect(end.containers[0].exitCode == nil)
        #expect(end.pullStartedAt == nil)
        #expect(try await fixture.engine.bill(task: task.id).reserved.billedSeconds == 0)
        #expect(try fixture.cgroups.tasks().isEmpty)
    }

    @Test func `a pull that fails after it began is charged like any other time`() async throws {
        let (fixture, images) = try await fixture()
        let task = try await start(fixture)
        let pull = try await images.pull("far")
        pull.find(images.layer)
        pull.finish(.failure(ImageError(.unreachable, "the registry went away")))
        let end = try await fixture.end(task)
        #expect(end.stopCode == .taskFailedToStart)
        #expect(end.pullStartedAt != nil)
        #expect(try await fixture.engine.bill(task: task.id).reserved.billedSeconds == 60)
    }

    @Test func `a stop ends the pull`() async throws {
        let (fixture, images) = try await fixture()
        let task = try await start(fixture)
        try await images.pull("far").find(images.layer)
        let answer = try await fixture.engine.stopTask(cluster: nil, task: task.id, reason: "enough")
        #expect(answer.desiredStatus == .stopped)
        let end = try await fixture.end(task)
        #expect(end.stopCode == .userInitiated)
        #expect(end.stoppedReason == "enough")
        #expect(end.containers[0].exitCode == nil)
        #expect(images.pulls("far").isEmpty, "nobody waits for it any more")
    }

    @Test func `no other task waits`() async throws {
        let (fixture, images) = try await fixture()
        var slow: [ECSTask] = []
        // More than there are threads for calls that block.
        for _ in 0..<20 {
            slow.append(try await fixture.start(try await fixture.register("true") { $0.image = "far" }))
        }
        while images.pulls("far").count < 20 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(try await fixture.run("exit 7").containers[0].exitCode == 7)
        for pull in images.pulls("far") { pull.finish() }
        for task in slow { #expect(try await fixture.end(task).containers[0].exitCode == 0) }
    }

    @Test func `all containers' images are pulled side by side, and the first to fail is the cause`() async throws {
        let (fixture, images) = try await fixture()
        let containers = ["one", "two"].map { name in
            var container = ContainerDefinition()
            container.name = name
            container.image = name
            return container
        }
        let task = try await fixture.start(try await fixture.register(containers))
        _ = try await images.pull("one")
        try await images.pull("two").finish(.failure(ImageError(.unauthorized, "two is private")))
        let end = try await fixture.end(task)
        #expect(end.stoppedReason == "CannotPullContainerError: two is private")
        #expect(end.containers.map(\.reason) == [nil, end.stoppedReason])
    }

    @Test func `a daemon that is started again goes on, and the pull began when it began`() async throws {
        let (dead, images) = try await fixture()
        let task = try await start(dead)
        try await images.pull("far").find(images.layer)
        let began = try #require(try await now(dead, task).pullStartedAt)
        while try await dead.store.read({ try $0.task(task.id) })?.task.pullStartedAt == nil {
            await dead.engine.checkpoint()
            try await Task.sleep(for: .milliseconds(5))
        }
        let (fixture, later) = try await fixture(after: dead)
        let pull = try await later.pull("far")
        #expect(try await now(fixture, task).lastStatus == .pending)
        pull.find(later.layer)
        pull.finish()
        let end = try await fixture.end(task)
        #expect(end.containers[0].exitCode == 3)
        #expect(abs(try #require(end.pullStartedAt).timeIntervalSince(began)) < 0.001)
    }

    @Test func `a daemon that ends in good order leaves the pull to the next one`() async throws {
        let (first, images) = try await fixture()
        let task = try await start(first)
        try await images.pull("far").find(images.layer)
        await first.engine.shutdown()
        #expect(images.pulls("far").isEmpty)
        let (next, later) = try await fixture(after: first)
        try await later.pull("far").finish()
        #expect(try await next.end(task).containers[0].exitCode == 3)
    }

    @Test func `a private registry is opened with the secret that the definition names`() async throws {
        let directory = "/tmp/berth-secrets-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: directory + "/team", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try #"{"username": "u", "password": "p"}"#.write(
            toFile: directory + "/team/registry", atomically: true, encoding: .utf8)
        let (fixture, images) = try await fixture { $0.secretsDirectory = directory }
        func run(_ secret: String) async throws -> ECSTask {
            let definition = try await fixture.register("exit 3") {
                $0.image = "far"
                $0.repositoryCredentials = RepositoryCredentials()
                $0.repositoryCredentials?.credentialsParameter = secret
            }
            return try await fixture.start(definition)
        }
        let task = try await run("arn:aws:secretsmanager:us-east-1:123456789012:secret:team/registry-a1B2c3")
        try await images.pull("far").finish()
        #expect(try await fixture.end(task).containers[0].exitCode == 3)
        #expect(images.credentials == [RegistryCredentials(username: "u", password: "p")])
        let missing = try await fixture.end(try await run("team/other"))
        #expect(
            missing.stoppedReason?.hasPrefix(
                "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret team/other"
            )
                == true)
        #expect(try await fixture.end(try await run("../team/registry")).stopCode == .taskFailedToStart)
    }
}
