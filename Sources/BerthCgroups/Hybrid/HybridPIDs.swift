import BerthLinux

/// `pids` of v1.
struct HybridPIDs: HybridController {
    let tasks: CgroupDirectory
    /// `pids.peak` came with 6.1 in v2 and later in v1.
    private let hasPeak: Bool

    init(tasks: CgroupDirectory) {
        self.tasks = tasks
        hasPeak = tasks.itself.has("pids.peak")
    }

    func limit(_ task: CgroupNode, _ limits: TaskLimits) throws(LinuxError) {
        try task.write(limits.pids, to: "pids.max")
    }

    func counters(task: CgroupNode, containers: [CgroupNode]) -> [CounterFile] {
        hasPeak ? [task.counter("pids.peak")] : []
    }
}
