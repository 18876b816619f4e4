import BerthModel
import Testing

@testable import BerthEngine

@Suite struct `Reserving the host` {
    private func reservations(ranges: UInt32 = 4) -> Reservations {
        var ids = HostIDRanges()
        ids.count = ranges
        return Reservations(capacity: TaskSize(cpuUnits: 1024, memoryMiB: 2048), ids: ids)
    }

    @Test func `what is not there is refused in ECS's words`() throws {
        let reservations = reservations()
        _ = try reservations.reserve(TaskSize(cpuUnits: 768, memoryMiB: 512))
        let cpu = #expect(throws: Reservations.Refusal.self) {
            try reservations.reserve(TaskSize(cpuUnits: 512, memoryMiB: 512))
        }
        #expect(cpu?.reason == "RESOURCE:CPU")
        #expect(cpu?.detail == "256 of 1024 CPU units are free; the task asks for 512")
        let memory = #expect(throws: Reservations.Refusal.self) {
            try reservations.reserve(TaskSize(cpuUnits: 256, memoryMiB: 2048))
        }
        #expect(memory?.reason == "RESOURCE:MEMORY")
    }

    @Test func `live tasks share no host id, and a range is used again as late as possible`() throws {
        let reservations = reservations()
        let small = TaskSize(cpuUnits: 128, memoryMiB: 64)
        let bases = try (0..<3).map { _ in try reservations.reserve(small) }
        #expect(Set(bases).count == 3)
        #expect(bases.allSatisfy { ($0 - 1_879_048_192) % 65536 == 0 })
        reservations.release(small, hostIDBase: bases[0])
        let fourth = try reservations.reserve(small)
        #expect(!bases.contains(fourth))
        #expect(try reservations.reserve(small) == bases[0])
        let refusal = #expect(throws: Reservations.Refusal.self) { try reservations.reserve(small) }
        #expect(refusal?.reason == "AGENT")
    }

    @Test func `what an earlier daemon gave out is taken`() throws {
        let reservations = reservations(ranges: 2)
        let small = TaskSize(cpuUnits: 128, memoryMiB: 64)
        reservations.restore(small, hostIDBase: 1_879_048_192)
        #expect(try reservations.reserve(small) == 1_879_048_192 + 65536)
    }
}
