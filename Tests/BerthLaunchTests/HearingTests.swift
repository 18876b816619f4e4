import BerthLaunch
import BerthLinux
import Testing

@Suite("A shim that waits for a launch", .serialized)
struct HearingTests {
    let fixture: LaunchFixture
    init() throws { fixture = try LaunchFixture() }

    @Test("hears that it is to stop", .timeLimit(.minutes(10)))
    func stops() async throws {
        let request = try fixture.request(["exit 0"])
        // What is cloned into a frozen cgroup takes no step.
        try fixture.driver.freeze(request.id)
        let task = try fixture.launcher.launch(request)
        task.stop()
        var events: [TaskEvent] = []
        for await event in task.events { events.append(event) }
        let record = try #require(events.record)
        #expect(events.count == 1)
        #expect(record.containers[0].startedAt == nil && record.containers[0].failure == nil)
        #expect(try fixture.driver.tasks().isEmpty)
    }

    @Test("hears another daemon, and the first is told so", .timeLimit(.minutes(10)))
    func taken() async throws {
        let request = try fixture.request(["exit 3"])
        try fixture.driver.freeze(request.id)
        let first = try fixture.launcher.launch(request)
        guard case .running(let second) = try Launcher(shim: LaunchFixture.shim).adopt(directory: request.directory)
        else { return #expect(Bool(false), "not running") }
        var events: [TaskEvent] = []
        for await event in first.events { events.append(event) }
        #expect(events == [.taken])
        try fixture.driver.thaw(request.id)
        for await event in second.events where event.isLast {
            #expect([event].record?.containers[0].status == .code(3))
        }
    }

    @Test("of a further program hears its signals", .timeLimit(.minutes(10)))
    func executes() async throws {
        let request = try fixture.request(["exec sleep 600"])
        let task = try fixture.launcher.launch(request)
        for await event in task.events {
            guard case .started = event else { continue }
            try fixture.driver.freeze(request.id)
            let events = try await execute(["true"], in: task, of: request) { $0.send(signal: 9) }
            #expect(events.count == 1)
            guard case .failed = events.first else { return #expect(Bool(false), "\(events)") }
            try fixture.driver.thaw(request.id)
            task.stop()
        }
    }

    @Test(
        "lets one container give up, and the task only with an essential one", .timeLimit(.minutes(10)),
        arguments: [true, false])
    func givesUp(essential: Bool) async throws {
        let request = try fixture.request(["while [ ! -e /go ]; do sleep 0.01; done", "exit 0"]) {
            $0.stopTimeout = 0
            guard $0.name == "c1" else { return }
            $0.essential = essential
            $0.dependencies = [ContainerLaunch.Dependency(container: 0, condition: .complete)]
        }
        let task = try fixture.launcher.launch(request)
        var record: TaskRecord?
        for await event in task.events {
            record = [event].record
            guard case .started(let container, _) = event else { continue }
            #expect(container == 0)
            task.giveUp(1)
            if !essential { try await execute(["touch", "/go"], in: task, of: request) }
        }
        #expect(record?.containers[0].status == (essential ? .signal(9) : .code(0)))
        #expect(record?.containers[1].startedAt == nil && record?.containers[1].failure == nil)
    }

    /// Runs a program in the first container to its end.
    @discardableResult
    private func execute(
        _ arguments: [String], in task: RunningTask, of request: LaunchRequest,
        meanwhile: (RunningExec) -> Void = { _ in }
    ) async throws -> [ExecEvent] {
        let exec = try task.execute(
            ExecRequest(
                container: 0, cgroup: request.cgroup.containers[0], arguments: arguments, environment: ["PATH=/bin"],
                workingDirectory: "/", uid: 0, gid: 0, additionalGids: [], capabilities: .standard,
                seccomp: request.containers[0].seccomp, terminal: nil))
        meanwhile(exec)
        var events: [ExecEvent] = []
        for await event in exec.events { events.append(event) }
        return events
    }
}
