import BerthLaunch
import Foundation
import Testing

/// Every step of a launch is made to fail, one at a time: the task ends without a start, its user reads what could not be
/// done, on what and why, and nothing of it stays.
@Suite("A step of a launch that fails")
struct FaultTests {
    let fixture: LaunchFixture

    init() throws { fixture = try LaunchFixture() }

    @Test("is told as a sentence, and leaves nothing", arguments: Fault.all)
    func told(fault: Fault) async throws {
        var request = try fixture.request(["echo started"])
        try fault.change(&request, fixture)
        let record = try #require(try await run(request, under: fault).record)
        let failed = record.containers.compactMap(\.failure)
        let sentence = fault.sentence.replacing("$HOSTNAME", with: request.hostname)
            .replacing("$ROOT", with: fixture.root)
        #expect(failed.map(\.description) == [sentence])
        #expect(record.containers.allSatisfy { $0.status == nil || $0.startedAt != nil })
        #expect(try fixture.driver.tasks().isEmpty)
        #expect(try fixture.hostMounts.isEmpty)
        #expect(try fixture.shim(of: request) == nil)
    }

    @Test("is in this table, whichever it is")
    func whole() throws {
        let tested = Set(Fault.all.map(\.step))
        let steps = try Self.steps()
        #expect(steps.count > 20, "the headers were not understood")
        #expect(steps.subtracting(tested).isEmpty, "no fault is injected into \(steps.subtracting(tested).sorted())")
        #expect(tested.subtracting(steps).isEmpty, "there is no step \(tested.subtracting(steps).sorted())")
    }

    private func run(_ request: LaunchRequest, under fault: Fault) async throws -> [TaskEvent] {
        guard let call = fault.call else { return try await fixture.run(request) }
        let launcher = fixture.launcher
        let task = try await FaultyThread.run(call) { try launcher.launch(request) }
        var events: [TaskEvent] = []
        for await event in task.events { events.append(event) }
        return events
    }

    /// The names of all steps, out of the headers that the shim is built with.
    private static func steps() throws -> Set<String> {
        let root = URL(filePath: #filePath).appending(path: "../../../..").standardized
        let headers = try ["berth_plan.h", "berth_record.h"].map {
            try String(contentsOf: root.appending(path: "Sources/CBerthPlan/include/\($0)"), encoding: .utf8)
        }
        let names = headers.joined().matches(of: #/\b(BERTH_(?:HOST|CHILD|STEP)_[A-Z_]+) = \d+/#).map { String($0.1) }
        return Set(names)
    }
}
