import BerthLinux

/// `pids` of v2.
struct UnifiedPIDs {
    /// Since 6.1.
    private let hasPeak: Bool

    init(tasks: CgroupDirectory) { hasPeak = tasks.itself.has("pids.peak") }

    func limit(_ task: CgroupNode, _ limits: TaskLimits) throws(LinuxError) {
        try task.write(limits.pids, to: "pids.max")
    }

    func counters(_ task: CgroupNode) -> [CounterFile] { hasPeak ? [task.counter("pids.peak")] : [] }

    /// v1 names and writes it the same way.
    static func read(_ reading: CounterReading, into usage: inout TaskUsage) {
        if reading.name == "pids.peak", reading.container == nil { usage.pidsPeak = Keyed.number(reading.content) }
    }
}
