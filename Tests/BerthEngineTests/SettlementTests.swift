import BerthModel
import BerthStore
import Foundation
import Testing

@testable import BerthEngine

@Suite struct `The end of a task` {
    @Test func `is committed before its shim may let go of the record`() async throws {
        let launcher = PuppetLauncher()
        let fixture = try await EngineFixture { _ in launcher }
        let task = try await fixture.start(try await fixture.register("sleep 1000"))
        while launcher[task.id] == nil { try await Task.sleep(for: .milliseconds(1)) }
        let puppet = try required(launcher[task.id], "no task")
        let (seen, continuation) = AsyncStream.makeStream(of: TaskStatus?.self)
        puppet.whenSettled.withLock { [store = fixture.store] in
            $0 = {
                continuation.yield(try? store.readNow { try $0.task(task.id)?.task.lastStatus })
                continuation.finish()
            }
        }
        puppet.start(0)
        puppet.exit(0)
        puppet.stop()
        var statuses: [TaskStatus?] = []
        for await status in seen { statuses.append(status) }
        #expect(statuses == [.stopped])
    }

    @Test func `is shown once its share of the host is free again`() async throws {
        let fixture = try await EngineFixture(capacity: TaskSize(cpuUnits: 256, memoryMiB: 512))
        let definition = try await fixture.register("true")
        // A refusal throws.
        for _ in 0..<50 {
            let task = try await fixture.start(definition)
            for await state in try await fixture.engine.follow(task: task.id) where state.lastStatus == .stopped {
                break
            }
        }
    }
}
