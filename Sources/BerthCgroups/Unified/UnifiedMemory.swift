import BerthLinux

/// `memory` of v2: a hard limit without swap, a reservation, and what was used.
struct UnifiedMemory {
    /// Absent without swap accounting.
    private let hasSwap: Bool
    /// Since 5.19.
    private let hasPeak: Bool

    init(tasks: CgroupDirectory) {
        hasSwap = tasks.itself.has("memory.swap.max")
        hasPeak = tasks.itself.has("memory.peak")
    }

    /// Before the first process: a limit below what is in use reclaims, and kills.
    func limit(_ task: CgroupNode, _ limits: TaskLimits) throws(LinuxError) {
        try task.write(limits.memoryBytes, to: "memory.max")
        if hasSwap { try task.write(0, to: "memory.swap.max") }
    }

    /// A container without one of its processes is no container: the kernel ends them together.
    func limit(container: CgroupNode, _ limits: ContainerLimits) throws(LinuxError) {
        try container.write(1, to: "memory.oom.group")
        if let bytes = limits.memoryBytes { try container.write(bytes, to: "memory.max") }
        if let bytes = limits.memoryReservationBytes { try container.write(bytes, to: "memory.low") }
    }

    func counters(_ task: CgroupNode, containers: [CgroupNode]) -> [CounterFile] {
        (hasPeak ? [task.counter("memory.peak")] : []) + [task.counter("memory.events")]
            + containers.enumerated().map { $1.counter("memory.events", container: $0) }
    }

    /// `oom_kill`, not `oom`: the latter counts at the cgroup whose limit was hit, kill or no kill. Both count what is
    /// below, so the task's own is the sum. Linux counts the first victim of a group twice (6.1).
    static func read(_ reading: CounterReading, into usage: inout TaskUsage) {
        switch (reading.name, reading.container) {
        case ("memory.peak", nil):
            usage.memoryPeakBytes = Keyed.number(reading.content)
        case ("memory.events", nil):
            usage.oomKills = Keyed.value("oom_kill", in: reading.content)
        case ("memory.events", let container?):
            usage.containerOOMKills[container] = Keyed.value("oom_kill", in: reading.content)
        default:
            break
        }
    }
}
