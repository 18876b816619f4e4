import Benchmark
import BerthLaunch
import BerthModel
import Foundation
import Measuring
import Samples

let benchmarks: @Sendable () -> Void = {
    // A call against a definition: every rule checked, overrides applied.
    measure("settings", on: { try Call() }, { blackHole(try $0.settings()) })
    // What is resolved, laid out as the shim reads it; both ways that a kernel takes the layers of an overlay.
    measure("plan", on: request) { blackHole(try LaunchPlan($0, layersByDescriptor: false)) }
    measure("plan-layers-by-descriptor", on: request) { blackHole(try LaunchPlan($0, layersByDescriptor: true)) }
}

/// A RunTask call and the definition that it names.
struct Call: Sendable {
    let definition: TaskDefinition
    let request: RunTaskRequest

    init() throws {
        definition = try Samples.definition()
        request = try JSONDecoder().decode(RunTaskRequest.self, from: Samples.runTask)
    }

    func settings() throws -> TaskSettings { try request.validated(for: definition) }
}
