import Benchmark
import BerthLedger
import BerthModel
import Measuring
import Samples

let benchmarks: @Sendable () -> Void = {
    measure("charge", times: 1000) {
        blackHole(try PriceSheet.fargateUSEast1.charge(reservation, durationNanoseconds: 754_321_000_000))
    }
    measure("total-1000", on: { try charges(1000).map(\.total) }, { blackHole(try Money.total($0)) })
    // The rows that the end of a task writes.
    measure("chain-append", on: { try charges(1).flatMap { $0.records(task: try Samples.task(1), periodStart: 0) } }) {
        blackHole(try LedgerHead.genesis.appending($0))
    }
    // The invariants: every hash, no key twice, every amount its quantity × its price.
    measure("chain-verify-1000", on: { try chain(1000) }, { blackHole(try LedgerVerifier.verify($0)) })
}

private let reservation = Reservation(size: TaskSize(cpuUnits: 1024, memoryMiB: 2048), ephemeralStorageGiB: 40)

/// Charges of tasks that ran for a second longer each.
@Sendable private func charges(_ count: Int) throws -> [Charge] {
    try (1...count).map {
        try PriceSheet.fargateUSEast1.charge(reservation, durationNanoseconds: Int64(60 + $0) * 1_000_000_000)
    }
}

/// The rows of a ledger.
@Sendable private func chain(_ count: Int) throws -> [LedgerEntry] {
    let task = try Samples.task(1)
    let records = try charges(count).enumerated().flatMap { $1.records(task: task, attempt: $0 + 1, periodStart: 0) }
    return Array(try LedgerHead.genesis.appending(Array(records.prefix(count))))
}
