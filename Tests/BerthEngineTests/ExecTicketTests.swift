import BerthConfinement
import BerthLaunch
import BerthModel
import Foundation
import Synchronization
import Testing

@testable import BerthEngine

@Suite struct `A ticket of an exec session` {
    private final class Clock: Sendable {
        let now = Mutex(ContinuousClock.now)
        func advance(_ time: Duration) { now.withLock { $0 += time } }
    }
    private let clock = Clock()

    private func tickets() -> ExecTickets { ExecTickets { [clock] in clock.now.withLock { $0 } } }

    private func issue(_ tickets: ExecTickets) throws -> (sessionID: String, token: String) {
        let settings = try RunTaskRequest().acceptedSettings(for: definition())
        let arn = testAccount.taskARN(cluster: "default", id: String(repeating: "a", count: 32))
        let task = ECSTask(
            taskArn: arn, clusterArn: testAccount.clusterARN("default"), taskDefinitionArn: "", containers: [],
            cpu: "256", memory: "512", group: "", overrides: TaskOverride(), createdAt: Date())
        let dossier = TaskDossier(
            cluster: "default", request: RunTaskRequest(), family: "test", revision: 1, hostIDBase: 0,
            size: settings.size, ephemeralStorageGiB: 20, bootID: "")
        let launch = ContainerLaunch(
            name: "main", layers: [], layersRoot: "", arguments: ["true"], environment: [], workingDirectory: "/",
            uid: 0,
            gid: 0, additionalGids: [], capabilities: .standard,
            seccomp: try SeccompCompiler().program(capabilities: .standard), logPath: "", essential: true,
            readonlyRootFilesystem: false, stopSignal: 15, stopTimeout: 30, dependencies: [])
        return try tickets.issue(
            ExecProgram(container: 0, containerName: "main", launch: launch, terminal: false), input: true,
            in: LiveTask(task, settings: settings, dossier: dossier))
    }

    private func definition() throws -> TaskDefinition {
        var request = RegisterTaskDefinitionRequest()
        request.family = "test"
        request.cpu = "256"
        request.memory = "512"
        var container = ContainerDefinition()
        container.name = "main"
        container.image = "busybox"
        request.containerDefinitions = [container]
        return TaskDefinition(
            try request.validated(), account: testAccount, revision: 1, registeredAt: Date(), registeredBy: "test")
    }

    @Test func `holds once`() throws {
        let tickets = tickets()
        let (session, token) = try issue(tickets)
        #expect(session.hasPrefix("ecs-execute-command-"))
        #expect(token.count == 64)
        #expect(tickets.redeem(sessionID: session, token: token) != nil)
        #expect(tickets.redeem(sessionID: session, token: token) == nil)
    }

    @Test func `is not spent by who does not know its token`() throws {
        let tickets = tickets()
        let (session, token) = try issue(tickets)
        #expect(tickets.redeem(sessionID: session, token: String(token.reversed())) == nil)
        #expect(tickets.redeem(sessionID: session, token: "") == nil)
        #expect(tickets.redeem(sessionID: "other", token: token) == nil)
        #expect(tickets.redeem(sessionID: session, token: token) != nil)
    }

    @Test func `holds for a minute`() throws {
        let tickets = tickets()
        let (early, earlyToken) = try issue(tickets)
        clock.advance(ExecTickets.lifetime - .seconds(1))
        let (late, lateToken) = try issue(tickets)
        clock.advance(.seconds(1))
        #expect(tickets.redeem(sessionID: early, token: earlyToken) == nil)
        #expect(tickets.redeem(sessionID: late, token: lateToken) != nil)
    }

    @Test func `is one of a number that is bounded, and old ones make room`() throws {
        let tickets = tickets()
        for _ in 0..<ExecTickets.limit { _ = try issue(tickets) }
        #expect(throws: ServiceError.self) { try issue(tickets) }
        clock.advance(ExecTickets.lifetime)
        #expect(throws: Never.self) { try issue(tickets) }
    }
}
