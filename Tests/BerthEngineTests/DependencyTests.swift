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
}
