import BerthLinux

/// `memory` of v1: a hard limit over memory, and over memory and swap together.
struct HybridMemory: HybridController {
    let tasks: CgroupDirectory
    private let countsSwap: Bool

    init(tasks: CgroupDirectory) throws(LinuxError) {
        self.tasks = tasks
        countsSwap = tasks.itself.has("memory.memsw.limit_in_bytes")
        // Without it (a choice until 5.11) a container's memory would not count for its task.
        if tasks.itself.has("memory.use_hierarchy"), try Keyed.number(tasks.itself.read("memory.use_hierarchy")) == 0 {
            try tasks.itself.write(1, to: "memory.use_hierarchy")
        }
    }

    func limit(_ task: CgroupNode, _ limits: TaskLimits) throws(LinuxError) {
        try limit(task, bytes: limits.memoryBytes)
        try protect(task, bytes: limits.memoryReservationBytes)
    }

    /// So that a kill for memory is counted where it happened.
    var separates: Bool { true }

    func limit(container: CgroupNode, _ limits: ContainerLimits) throws(LinuxError) {
        if let bytes = limits.memoryBytes { try limit(container, bytes: bytes) }
        try protect(container, bytes: limits.memoryReservationBytes)
    }

    private func protect(_ node: CgroupNode, bytes: UInt64?) throws(LinuxError) {
        if let bytes { try node.write(bytes, to: "memory.soft_limit_in_bytes") }
    }

    /// No swap: the sum with swap may not exceed memory alone, which therefore comes first.
    private func limit(_ node: CgroupNode, bytes: UInt64) throws(LinuxError) {
        try node.write(bytes, to: "memory.limit_in_bytes")
        if countsSwap { try node.write(bytes, to: "memory.memsw.limit_in_bytes") }
    }

    func counters(task: CgroupNode, containers: [CgroupNode]) -> [CounterFile] {
        var files = [task.counter("memory.max_usage_in_bytes")]
        // `oom_kill` counts the node it belongs to and nothing below; without own nodes the task's is the container's.
        files.append(task.counter("memory.oom_control", container: containers.isEmpty ? 0 : nil))
        for (index, node) in containers.enumerated() {
            files.append(node.counter("memory.oom_control", container: index))
        }
        return files
    }

    static func read(_ reading: CounterReading, into usage: inout TaskUsage) {
        switch reading.name {
        case "memory.max_usage_in_bytes" where reading.container == nil:
            usage.memoryPeakBytes = Keyed.number(reading.content)
        case "memory.oom_control":
            guard let kills = Keyed.value("oom_kill", in: reading.content) else { return }
            usage.oomKills = (usage.oomKills ?? 0) + kills
            if let container = reading.container { usage.containerOOMKills[container] = kills }
        default:
            break
        }
    }
}
