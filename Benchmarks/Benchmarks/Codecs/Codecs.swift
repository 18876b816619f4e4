import Benchmark
import BerthAPI
import BerthModel
import Measuring
import Samples

let benchmarks: @Sendable () -> Void = {
    measure("RunTask-decode", times: 100) {
        blackHole(try WireJSON.decoder.decode(RunTaskRequest.self, from: Samples.runTask))
    }
    measure(
        "DescribeTasks-encode-100",
        on: { TasksResponse(tasks: try (1...100).map { try Samples.task($0) }, failures: []) },
        { blackHole(try WireJSON.encoder.encode($0)) })
}
