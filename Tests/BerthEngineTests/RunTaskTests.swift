import BerthModel
import Foundation
import Testing

@testable import BerthEngine

@Suite(.timeLimit(.minutes(10))) struct `Running a task` {
    @Test func `a job runs, its exit code, log, usage and bill are there, and nothing of it is left`() async throws {
        let fixture = try await EngineFixture()
        let task = try await fixture.start(try await fixture.register("echo hello; echo problem >&2; exit 3"))
        #expect(task.lastStatus == .provisioning)
        let end = try await fixture.end(task)
        #expect(end.lastStatus == .stopped)
        #expect(end.containers[0].exitCode == 3)
        #expect(end.containers[0].imageDigest?.hasPrefix("sha256:") == true)
        #expect(end.stopCode == .essentialContainerExited)
        #expect(end.pullStartedAt != nil && end.startedAt != nil && end.stoppedAt != nil)
        #expect(Set(try await fixture.log(task)) == ["hello", "problem"])

        let bill = try await fixture.engine.bill(task: task.id)
        #expect(bill.status == .stopped)
        #expect(bill.reserved.billedSeconds == 60)
        #expect(bill.total == "0.00020571")
        #expect(bill.used.cpuUsec != nil)

        let described = try await fixture.engine.describeTasks(cluster: nil, tasks: [task.taskArn])
        #expect(described.tasks == [end])
        #expect(try fixture.cgroups.tasks().isEmpty)
        // Nobody waits for the end of its directory.
        while FileManager.default.fileExists(atPath: fixture.root + "/tasks/" + task.id) {
            try await Task.sleep(for: .milliseconds(5))
        }
        let stopped = try await fixture.engine.listTasks(request { $0.desiredStatus = .stopped })
        #expect(stopped.items == [task.taskArn])
        #expect(try await fixture.engine.listTasks(ListTasksRequest()).items.isEmpty)
    }

    private func request(_ change: (inout ListTasksRequest) -> Void) -> ListTasksRequest {
        var request = ListTasksRequest()
        change(&request)
        return request
    }

    @Test func `a container sees its environment, its user and its host name`() async throws {
        let fixture = try await EngineFixture()
        let task = try await fixture.run("env; id -u; hostname") { container in
            container.environment = [KeyValuePair(name: "MINE", value: "1")]
            container.user = "33"
        }
        let log = try await fixture.log(task)
        for line in [
            "MINE=1", "FROM=image", "PATH=/bin", "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "33",
            String(task.id.prefix(12)),
        ] {
            #expect(log.contains(line), "\(line) in \(log)")
        }
    }

    @Test func `an unknown image fails the start by name, with what to do, and costs nothing`() async throws {
        let fixture = try await EngineFixture()
        let task = try await fixture.run("true") { $0.image = "nothing/there" }
        #expect(task.stopCode == .taskFailedToStart)
        #expect(task.stoppedReason?.hasPrefix("CannotPullContainerError: there is no image nothing/there") == true)
        #expect(task.containers[0].reason?.contains("berth image import") == true)
        #expect(task.containers[0].exitCode == nil)
        #expect(try await fixture.engine.bill(task: task.id).total == "0")
        #expect(try fixture.cgroups.tasks().isEmpty)
    }

    @Test func `all bills come a page at a time, newest first`() async throws {
        let fixture = try await EngineFixture()
        var tasks: [String] = []
        for _ in 0..<3 { tasks.append(try await fixture.run("true") { $0.image = "nothing/there" }.taskArn) }
        var billed: [String] = []
        var token: String?
        repeat {
            let page = try await fixture.engine.bills(maxResults: 2, nextToken: token)
            billed += page.items.map(\.taskArn)
            token = page.nextToken
        } while token != nil
        #expect(billed == tasks.reversed())
        let all = try await fixture.engine.bills(nextToken: nil)
        #expect(all.items.count == 3 && all.nextToken == nil)
        await #expect(throws: ServiceError.self) { try await fixture.engine.bills(nextToken: "nonsense") }
    }

    @Test func `a command that is not there is named`() async throws {
        let fixture = try await EngineFixture()
        let task = try await fixture.run("") { $0.command = ["/bin/nothing"] }
        #expect(task.stopCode == .taskFailedToStart)
        #expect(task.containers[0].reason?.hasPrefix("CannotStartContainerError: ") == true)
        #expect(task.containers[0].reason?.contains("/bin/nothing") == true)
        #expect(task.containers[0].exitCode == nil)
    }

    @Test func `memory beyond the limit ends it with 137 and says so`() async throws {
        let fixture = try await EngineFixture()
        var container = ContainerDefinition()
        container.name = "main"
        container.image = "busybox"
        // tail keeps what it has not seen the end of.
        container.command = ["sh", "-c", "exec tail -c 800000000 /dev/zero"]
        container.memory = 64
        let task = try await fixture.end(try await fixture.start(try await fixture.register([container])))
        #expect(task.containers[0].exitCode == 137)
        #expect(task.containers[0].reason == "OutOfMemoryError: Container killed due to memory usage")
    }

    @Test func `StopTask gives the stop signal, and its reason stays`() async throws {
        let fixture = try await EngineFixture()
        let task = try await fixture.start(
            try await fixture.register("trap 'echo bye; exit 7' TERM; echo up; while true; do sleep 0.05; done"))
        // Its trap is set once it has printed.
        for await piece in try await fixture.engine.taskOutput(task: task.id, container: nil, follow: true) {
            #expect(piece.bytes == Array("up\n".utf8))
            break
        }
        let stopping = try await fixture.engine.stopTask(cluster: nil, task: task.taskArn, reason: "enough")
        #expect(stopping.desiredStatus == .stopped)
        let end = try await fixture.end(task)
        #expect(end.stopCode == .userInitiated)
        #expect(end.stoppedReason == "enough")
        #expect(end.containers[0].exitCode == 7)
        #expect(try await fixture.log(task) == ["up", "bye"])
        let again = try await fixture.engine.stopTask(cluster: nil, task: task.id, reason: "once more")
        #expect(again == end)
    }

    @Test func `the output of a running task can be followed to its end`() async throws {
        let fixture = try await EngineFixture()
        let task = try await fixture.start(
            try await fixture.register("for i in 1 2 3 4 5; do echo $i; sleep 0.02; done; printf end"))
        var bytes: [UInt8] = []
        for await piece in try await fixture.engine.taskOutput(task: task.id, container: "main", follow: true) {
            bytes += piece.bytes
        }
        #expect(String(decoding: bytes, as: UTF8.self) == "1\n2\n3\n4\n5\nend")
    }

    @Test func `the same client token is the same call`() async throws {
        let fixture = try await EngineFixture()
        let definition = try await fixture.register("true")
        var request = RunTaskRequest()
        request.taskDefinition = definition
        request.count = 2
        request.clientToken = "token-1"
        let call = request
        // Also when both are on their way at once.
        async let one = fixture.engine.runTask(call, principal: "test")
        async let two = fixture.engine.runTask(call, principal: "test")
        let answers = try await [one, two]
        #expect(Set(answers[0].tasks.map(\.taskArn)) == Set(answers[1].tasks.map(\.taskArn)))
        for task in answers[0].tasks { _ = try await fixture.end(task) }
        let later = try await fixture.engine.runTask(call, principal: "test")
        #expect(later.tasks.map(\.lastStatus) == [.stopped, .stopped])
        request.count = 1
        let other = request
        let error = await #expect(throws: ServiceError.self) {
            try await fixture.engine.runTask(other, principal: "test")
        }
        #expect(error?.code == "ConflictException")
        #expect(Set(error?.resourceIds ?? []) == Set(later.tasks.map(\.taskArn)))
        #expect(try fixture.cgroups.tasks().isEmpty)
    }

    @Test func `more than the host has is refused for what is missing, the rest runs`() async throws {
        let fixture = try await EngineFixture(capacity: TaskSize(cpuUnits: 512, memoryMiB: 4096))
        var request = RunTaskRequest()
        request.taskDefinition = try await fixture.register("true")
        request.count = 3
        let response = try await fixture.engine.runTask(request, principal: "test")
        #expect(response.tasks.count == 2)
        #expect(response.failures.map(\.reason) == ["RESOURCE:CPU"])
        for task in response.tasks { _ = try await fixture.end(task) }
        // What they held is free again.
        #expect(try await fixture.end(try await fixture.start("test")).containers[0].exitCode == 0)
    }

    @Test func `many tasks at a time each keep their own exit code`() async throws {
        let fixture = try await EngineFixture()
        let definition = try await fixture.register("exit $CODE")
        let codes = try await withThrowingTaskGroup(of: (Int, Int?).self) { group in
            for code in 0..<24 {
                group.addTask {
                    let task = try await fixture.start(definition) { request in
                        var container = ContainerOverride(name: "main")
                        container.environment = [KeyValuePair(name: "CODE", value: String(code))]
                        request.overrides = TaskOverride()
                        request.overrides?.containerOverrides = [container]
                    }
                    return (code, try await fixture.end(task).containers[0].exitCode)
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(codes == Dictionary(uniqueKeysWithValues: (0..<24).map { ($0, $0) }))
    }
}
