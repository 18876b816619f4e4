import BerthModel
import Testing

@testable import BerthEngine

@Suite struct `Containers that depend on others` {
    private func container(_ name: String, _ script: String, on: (String, String)? = nil, essential: Bool = true)
        -> ContainerDefinition
    {
        var container = ContainerDefinition()
        container.name = name
        container.image = "busybox"
        container.command = ["sh", "-c", script]
        container.essential = essential
        if let on {
            var dependency = ContainerDependency()
            (dependency.containerName, dependency.condition) = on
            container.dependsOn = [dependency]
        }
        return container
    }

    @Test func `one starts when its condition is met`() async throws {
        let fixture = try await EngineFixture()
        let definition = try await fixture.register([
            container("prepare", "exit 0", essential: false), container("main", "exit 2", on: ("prepare", "SUCCESS")),
        ])
        let task = try await fixture.end(try await fixture.start(definition))
        #expect(task.containers.map(\.exitCode) == [0, 2])
        #expect(task.stopCode == .essentialContainerExited)
    }

    @Test func `one whose condition cannot be met never starts, and says why`() async throws {
        let fixture = try await EngineFixture()
        let definition = try await fixture.register([
            container("prepare", "exit 3", essential: false), container("main", "exit 0", on: ("prepare", "SUCCESS")),
        ])
        let task = try await fixture.end(try await fixture.start(definition))
        #expect(task.containers.map(\.exitCode) == [3, nil])
        #expect(
            task.containers[1].reason
                == "TaskDependencyError: container 'prepare' ended with exit code 3; the condition is SUCCESS")
        #expect(task.stopCode == .taskFailedToStart)
    }

    @Test func `one gives up when what it waits for takes longer than its startTimeout`() async throws {
        let fixture = try await EngineFixture()
        var prepare = container("prepare", "sleep 1000", essential: false)
        prepare.startTimeout = 1
        prepare.stopTimeout = 0
        let definition = try await fixture.register([prepare, container("main", "exit 0", on: ("prepare", "COMPLETE"))])
        let task = try await fixture.end(try await fixture.start(definition))
        #expect(task.containers.map(\.exitCode) == [137, nil])
        #expect(
            task.containers[1].reason
                == "TaskDependencyError: container 'prepare' did not reach COMPLETE within its startTimeout of 1 s")
        #expect(task.stopCode == .taskFailedToStart)
        #expect(task.stoppedReason == "Task failed to start")
    }

    @Test func `one that is not essential gives up alone`() async throws {
        let fixture = try await EngineFixture()
        var prepare = container("prepare", "sleep 1000", essential: false)
        prepare.startTimeout = 0
        prepare.stopTimeout = 0
        var main = container("main", "sleep 1000")
        main.stopTimeout = 0
        let definition = try await fixture.register([
            prepare, container("extra", "exit 0", on: ("prepare", "COMPLETE"), essential: false), main,
        ])
        let started = try await fixture.start(definition)
        for await task in try await fixture.engine.follow(task: started.id)
        where task.containers[1].lastStatus == "STOPPED" {
            #expect(task.containers[1].reason?.contains("within its startTimeout of 0 s") == true)
            #expect(task.desiredStatus == .running)
            break
        }
        _ = try await fixture.engine.stopTask(cluster: nil, task: started.id, reason: nil)
        let task = try await fixture.end(started)
        #expect(task.containers[1].exitCode == nil)
        #expect(task.stopCode == .userInitiated)
    }

    @Test func `a startTimeout means nothing to those that wait for the start only`() async throws {
        let fixture = try await EngineFixture()
        var server = container("server", "sleep 1000", essential: false)
        server.startTimeout = 0
        server.stopTimeout = 0
        let definition = try await fixture.register([server, container("main", "sleep 0.2", on: ("server", "START"))])
        let task = try await fixture.end(try await fixture.start(definition))
        #expect(task.containers[1].exitCode == 0)
        #expect(task.stopCode == .essentialContainerExited)
    }
}
