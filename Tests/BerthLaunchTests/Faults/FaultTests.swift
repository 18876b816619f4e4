import BerthLinux
import Foundation
import Testing

@testable import BerthLaunch

/// Every step of a launch is made to fail, one at a time: the task ends without a start, its user reads what could not be
/// done, on what and why, and nothing of it stays.
@Suite("A step of a launch that fails")
struct FaultTests {
    let fixture: LaunchFixture

    init() throws { fixture = try LaunchFixture() }

    @Test("is told as a sentence, and leaves nothing", arguments: Fault.all)
    func told(fault: Fault) async throws {
        var request = try fixture.request(["echo started", "echo started"])
        try fault.change(&request, fixture)
        let join = request.cgroup.containers[0].joins.first
        // On a unified host nothing is joined by a file.
        if fault.sentence.contains("$JOIN") && join == nil { return try fixture.driver.removeTask(request.id) }
        let record = try #require(try await run(request, under: fault).record)
        let failures = Set(record.containers.compactMap(\.failure?.description))
        let sentence = fault.sentence.replacing("$HOSTNAME", with: request.hostname)
            .replacing("$ROOT", with: fixture.root).replacing("$JOIN", with: join ?? "")
        #expect(failures == [sentence])
        #expect(try fixture.driver.tasks().isEmpty)
        #expect(try fixture.hostMounts.isEmpty)
        try await fixture.shimEnds(of: request)
    }

    @Test("is in this table, whichever it is")
    func whole() throws {
        let tested = Set(Fault.all.map(\.step))
        let steps = try Self.steps()
        #expect(steps.count > 20, "the headers were not understood")
        let untested = steps.subtracting(tested).subtracting(Fault.untold)
        #expect(untested.isEmpty, "no fault is injected into \(untested.sorted())")
        #expect(tested.subtracting(steps).isEmpty, "there is no step \(tested.subtracting(steps).sorted())")
    }

    private func run(_ request: LaunchRequest, under fault: Fault) async throws -> [TaskEvent] {
        let byDescriptor = KernelRelease.current >= KernelRelease(major: 6, minor: 13)
        var content = LaunchPlan.content(of: request, layersByDescriptor: byDescriptor)
        if let addition = fault.addition { content.containers[0].operations.insert(addition, at: 2) }
        let plan = try LaunchPlan(content)
        let launcher = fixture.launcher
        let launch = { @Sendable in
            try launcher.carryOut(plan, id: request.id, in: request.directory, network: request.namespace)
        }
        let task = if let call = fault.call { try await FaultyThread.run(call, launch) } else { try launch() }
        var events: [TaskEvent] = []
        for await event in task.events { events.append(event) }
        task.settled()
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
