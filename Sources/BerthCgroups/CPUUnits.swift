/// What CPU units (1024 are one CPU) mean to the kernel.
enum CPUUnits {
    /// A hard limit: at most `quota` µs of CPU time in each `period` µs.
    struct Bandwidth: Equatable {
        var quota: Int
        var period: Int
    }

    /// The kernel takes quotas from 1 ms and periods from 1 ms to 1 s (kernel/sched/core.c). The period is its default,
    /// 100 ms, made longer when a small share of it would be no valid quota; below 2 units the limit is 1 ms a second.
    static func bandwidth(_ units: Int) -> Bandwidth {
        let smallest = 1000
        let period = min(1_000_000, max(100_000, (smallest * 1024 + units - 1) / units))
        return Bandwidth(quota: max(smallest, units * period / 1024), period: period)
    }

    /// `cpu.weight`, 1–10000. Proportional, since the siblings are all ours: 4096 units get four times what 1024 get.
    static func weight(_ units: Int) -> Int { min(10_000, max(1, units * 100 / 1024)) }

    /// `cpu.shares` of v1, 2–262144.
    static func shares(_ units: Int) -> Int { min(262_144, max(2, units)) }
}
