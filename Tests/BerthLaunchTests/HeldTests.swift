import BerthLaunch
import BerthLinux
import Glibc
import Testing

@Suite("A task that is held", .serialized)
struct HeldTests {
    let fixture: LaunchFixture
    init() throws { fixture = try LaunchFixture() }

    @Test(
        "comes as far as its programs, which are executed once it is released", .timeLimit(.minutes(10)),
        arguments: [false, true])
    func released(sharingProcesses: Bool) async throws {
        var request = try held("exit 3")
        request.sharesProcesses = sharingProcesses
        let task = try await launch(request)
        try await Task.sleep(for: .milliseconds(100))
        var released = timespec()
        clock_gettime(CLOCK_BOOTTIME, &released)
        task.release()
        var events: [TaskEvent] = []
        for await event in task.events { events.append(event) }
        guard case .started(0, let time)? = events.first else { return #expect(Bool(false), "\(events)") }
        #expect(time.boottime >= UInt64(released.tv_sec) * 1_000_000_000 + UInt64(released.tv_nsec))
        #expect(events.record?.containers[0].status == .code(3))
    }

    @Test("waits with everything done but execve(2)", .timeLimit(.minutes(10)))
    func depth() async throws {
        let request = try held("exit 3")
        let task = try await launch(request)
        let processes = try SmallFile.read(request.cgroup.containers[0].lifecycle + "/cgroup.procs")
        let process = try #require(processes.split(separator: "\n").first)
        // The filter is the last thing before the program.
        while !(try SmallFile.read("/proc/\(process)/status").contains("Seccomp:\t2")) {
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(try SmallFile.read("/proc/\(process)/comm") == "berth-shim\n")
        #expect(task.isWaiting)
        task.release()
        #expect(await end(of: task)?.containers[0].status == .code(3))
    }

    @Test("never runs when it is stopped", .timeLimit(.minutes(10)), arguments: [false, true])
    func stopped(sharingProcesses: Bool) async throws {
        var request = try held("exit 3")
        request.sharesProcesses = sharingProcesses
        let task = try await launch(request)
        task.stop()
        let record = try #require(await end(of: task))
        #expect(record.containers[0].startedAt == nil && record.containers[0].failure == nil)
        #expect(try fixture.driver.tasks().isEmpty)
    }

    @Test("never runs when it is killed, and its shim ends", .timeLimit(.minutes(10)), arguments: [false, true])
    func killed(sharingProcesses: Bool) async throws {
        var request = try held("exit 3")
        request.sharesProcesses = sharingProcesses
        let task = try await launch(request)
        try fixture.driver.kill(request.id)
        let record = try #require(await end(of: task))
        #expect(record.containers[0].startedAt == nil)
        #expect(try fixture.driver.tasks().isEmpty)
    }

    @Test("waits for the word of the daemon that takes it over", .timeLimit(.minutes(10)))
    func adopted() async throws {
        let request = try held("exit 3")
        let first = try await launch(request)
        guard case .running(let second) = try Launcher(shim: LaunchFixture.shim).adopt(directory: request.directory)
        else { return #expect(Bool(false), "not running") }
        #expect(await end(of: first) == nil, "taken")
        second.release()
        #expect(await end(of: second)?.containers[0].status == .code(3))
    }

    private func held(_ script: String) throws -> LaunchRequest {
        var request = try fixture.request([script])
        request.isHeld = true
        return request
    }

    /// Launches, and waits until its first process is there.
    private func launch(_ request: LaunchRequest) async throws -> RunningTask {
        let task = try fixture.launcher.launch(request)
        while try !fixture.driver.isPopulated(request.id) { try await Task.sleep(for: .milliseconds(1)) }
        return task
    }

    private func end(of task: RunningTask) async -> TaskRecord? {
        var events: [TaskEvent] = []
        for await event in task.events { events.append(event) }
        task.settled()
        return events.record
    }
}
