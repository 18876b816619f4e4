import Benchmark

extension BenchmarkMetric {
    /// Blocks of memory taken, by all threads. The plugin's own count wants a library before every program.
    public static let allocations = custom("allocations")

    /// Nanoseconds on processors, of all threads. The plugin's own figure counts in ticks of 10 ms.
    public static let processorTime = custom("processorTime")
}

extension Benchmark.Configuration {
    /// What is measured of everything here, and how far it may be from its threshold.
    ///
    /// - Parameters:
    ///   - writes: whether to count calls of write(2) and its kin.
    ///   - slack: percent by which counts may differ; 0 for not by one.
    static func inner(writes: Bool, slack: Double) -> Self {
        // Another machine may be five times as slow; one that is faster is no fault.
        let clock = BenchmarkThresholds(relative: [.p90: 400])
        // A percentage of a threshold of 0 says nothing.
        let count =
            slack == 0 ? BenchmarkThresholds(absolute: [.p90: 0]) : BenchmarkThresholds(relative: [.p90: slack])
        // The wall clock turned round, and checked there.
        let unchecked = BenchmarkThresholds(relative: [.p90: 1e9])
        var thresholds: [BenchmarkMetric: BenchmarkThresholds] = [
            .wallClock: clock, .processorTime: clock, .throughput: unchecked, .allocations: count,
        ]
        if writes { thresholds[.writeSyscalls] = count }
        return Self(
            metrics: Array(thresholds.keys), warmupIterations: 10, maxDuration: .seconds(2), maxIterations: 10_000,
            thresholds: thresholds)
    }
}
