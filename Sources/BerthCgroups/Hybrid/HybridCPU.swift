import BerthLinux

/// `cpu` of v1: quota and shares. What was used is counted by v2, even without a controller there.
struct HybridCPU: HybridController {
    let tasks: CgroupDirectory
    private let ready: ReadyCPU

    init(tasks: CgroupDirectory) {
        self.tasks = tasks
        ready = ReadyCPU(tasks: tasks)
    }

    func limit(_ task: CgroupNode, _ limits: TaskLimits) throws(LinuxError) {
        try Self.limit(task, units: limits.cpuUnits)
    }

    static func limit(_ task: CgroupNode, units: Int) throws(LinuxError) {
        let bandwidth = CPUUnits.bandwidth(units)
        // What a new cgroup has already is not written: with a quota or a period the kernel checks all cgroups there are.
        if bandwidth.period != 100_000 { try task.write(bandwidth.period, to: "cpu.cfs_period_us") }
        try task.write(bandwidth.quota, to: "cpu.cfs_quota_us")
        let shares = CPUUnits.shares(units)
        if shares != 1024 { try task.write(shares, to: "cpu.shares") }
    }

    func giveReady(to task: CgroupNode, _ limits: TaskLimits) -> Bool { ready.give(to: task, units: limits.cpuUnits) }

    func makeReady() { ready.makeReady() }

    /// A share has a meaning only among siblings.
    var separates: Bool { true }

    func limit(container: CgroupNode, _ limits: ContainerLimits) throws(LinuxError) {
        guard let units = limits.cpuUnits, units > 0 else { return }
        try container.write(CPUUnits.shares(units), to: "cpu.shares")
    }

    func counters(task: CgroupNode, containers: [CgroupNode]) -> [CounterFile] {
        [task.counter("cpu.stat", named: Self.throttling)]
    }

    /// Named apart from the `cpu.stat` of v2.
    private static let throttling = "v1/cpu.stat"

    static func read(_ reading: CounterReading, into usage: inout TaskUsage) {
        guard reading.name == throttling, reading.container == nil else { return }
        usage.throttledUsec = Keyed.value("throttled_time", in: reading.content).map { $0 / 1000 }
    }
}
