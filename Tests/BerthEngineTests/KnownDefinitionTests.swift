import BerthModel
import Foundation
import Testing

@testable import BerthEngine

@Suite struct `A definition that was run before` {
    @Test func `is known without the store, until there is a newer one`() async throws {
        let fixture = try await EngineFixture()
        let first = try await fixture.register("exit 1")
        let name = TaskDefinitionName(family: "test", revision: nil)
        for _ in 1...2 { #expect(try await fixture.end(fixture.start("test")).containers[0].exitCode == 1) }
        #expect(fixture.engine.knownDefinitions.find(name).definition?.taskDefinition.revision == 1)
        let second = try await fixture.register("exit 2")
        #expect(try await fixture.end(fixture.start("test")).containers[0].exitCode == 2)
        #expect(try await fixture.end(fixture.start(first)).containers[0].exitCode == 1)
        #expect(try await fixture.end(fixture.start(second)).containers[0].exitCode == 2)
    }

    @Test func `is not kept as it was read before a newer one was written`() throws {
        let known = KnownDefinitions()
        let name = TaskDefinitionName(family: "test", revision: nil)
        let read = TaskDefinitionResponse(taskDefinition: try definition(revision: 1), tags: [])
        let before = known.find(name)
        #expect(before.definition == nil)
        known.forgetAll()
        known.keep(read, as: name, generation: before.generation)
        #expect(known.find(name).definition == nil)
        known.keep(read, as: name, generation: known.find(name).generation)
        #expect(known.find(name).definition?.taskDefinition.revision == 1)
    }

    private func definition(revision: Int) throws -> TaskDefinition {
        var container = ContainerDefinition()
        container.name = "main"
        container.image = "busybox"
        var request = RegisterTaskDefinitionRequest()
        request.family = "test"
        request.containerDefinitions = [container]
        return TaskDefinition(
            request, account: Account(region: "us-east-1", id: "123456789012"), revision: revision, registeredAt: .now,
            registeredBy: "test")
    }
}
