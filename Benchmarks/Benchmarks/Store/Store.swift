import Benchmark
import Measuring

let benchmarks: @Sendable () -> Void = {
    for (place, directory) in [("tmpfs", "/dev/shm"), ("file", "/var/tmp")] {
        let setup = { @Sendable in try await Accepting(below: directory) }
        // One call alone: the whole price of a commit.
        measure("commit-\(place)", writes: true, slack: 5, on: setup) { try await $0.acceptOne() }
        // Calls at the same time share one.
        measure("commit-64-at-once-\(place)", writes: true, slack: 25, on: setup) { try await $0.accept(64) }
    }
}
