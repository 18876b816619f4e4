import BerthModel
import Testing

@testable import BerthEngine

@Suite struct `ECS ExecuteCommand` {
    private let puppets = `Executing in a running container`()

    private func request(_ task: ECSTask, change: (inout ExecuteCommandRequest) -> Void = { _ in })
        -> ExecuteCommandRequest
    {
        var request = ExecuteCommandRequest()
        request.task = task.taskArn
        request.command = "/bin/sh -c 'echo a b'"
        request.interactive = true
        change(&request)
        return request
    }

    @Test func `runs its line's words at a terminal, and the task shows the agent that clients look for`() async throws
    {
        let (fixture, task) = try await puppets.running()
        #expect(task.enableExecuteCommand)
        let agent = try #require(task.containers[0].managedAgents?.first)
        #expect(agent.name == "ExecuteCommandAgent")
        #expect(agent.lastStatus == "RUNNING" && agent.lastStartedAt != nil)

        let ticket = try await fixture.engine.executeCommand(request(task))
        #expect(ticket.task.taskArn == task.taskArn)
        let admission = try #require(fixture.engine.admitExec(sessionID: ticket.sessionID, token: ticket.token))
        #expect(admission.input && admission.terminal)
        _ = try await fixture.engine.startExec(admission)
        let asked = try #require(puppets.launcher[task.id]?.requests.last)
        #expect(asked.arguments == ["/bin/sh", "-c", "echo a b"])
        #expect(asked.terminal == Engine.usualWindow)

        puppets.launcher[task.id]?.stop()
        #expect(try await fixture.end(task).containers[0].managedAgents?.first?.lastStatus == "STOPPED")
        let over = await puppets.refusal { _ = try await fixture.engine.executeCommand(request(task)) }
        #expect(over == .executeCommandDisabled)
    }

    @Test func `is refused to who may not act in the task's role, before the program is looked at`() async throws {
        let role = "arn:aws:iam::123456789012:role/etl"
        let (fixture, task) = try await puppets.running(role: role)
        struct MayNotPass: Error, Equatable { var role: String }
        let mayPass: @Sendable (String) throws -> Void = { throw MayNotPass(role: $0) }
        await #expect(throws: MayNotPass(role: role)) {
            _ = try await fixture.engine.executeCommand(request(task), mayPass: mayPass)
        }
        var call = ExecCall(task: task.id, command: ["true"])
        call.user = "nobody-of-that-name"
        await #expect(throws: MayNotPass(role: role)) {
            _ = try await fixture.engine.openExec(call, mayPass: mayPass)
        }
        #expect(puppets.launcher[task.id]?.requests.isEmpty == true)
        // Whoever may, may; and a task without a role is asked of nobody.
        _ = try await fixture.engine.executeCommand(request(task)) { #expect($0 == role) }
        let (plain, other) = try await puppets.running()
        _ = try await plain.engine.executeCommand(request(other), mayPass: mayPass)
    }

    @Test func `is refused in ECS's words`() async throws {
        let (fixture, task) = try await puppets.running(executeCommand: false)
        #expect(task.containers[0].managedAgents == nil)
        func refusal(_ change: (inout ExecuteCommandRequest) -> Void = { _ in }) async -> ServiceError? {
            await puppets.refusal { _ = try await fixture.engine.executeCommand(request(task, change: change)) }
        }
        #expect(await refusal() == .executeCommandDisabled)
        #expect(await refusal { $0.interactive = false } == .onlyInteractive)
        #expect(await refusal { $0.cluster = "other" } == .clusterNotFound)
        #expect(await refusal { $0.task = String(repeating: "0", count: 32) } == .taskNotFound)
        #expect(await refusal { $0.command = " " }?.message == "command cannot be empty.")
    }
}
