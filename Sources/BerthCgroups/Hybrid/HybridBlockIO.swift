import BerthLinux

/// `blkio` of v1: counts what reaches a device. Buffered writes are the flusher's there, not the task's; v2 counts them.
struct HybridBlockIO: HybridController {
    let tasks: CgroupDirectory
    /// With what is below, where the kernel has it.
    private let suffix: String

    init(tasks: CgroupDirectory) {
        self.tasks = tasks
        suffix = tasks["."].has(Self.bytes + "_recursive") ? "_recursive" : ""
    }

    private static let bytes = "blkio.throttle.io_service_bytes"
    private static let operations = "blkio.throttle.io_serviced"

    func limit(_ task: CgroupNode, _ limits: TaskLimits) throws(LinuxError) {}

    func counters(task: CgroupNode, containers: [CgroupNode]) -> [CounterFile] {
        [task.counter(Self.bytes + suffix), task.counter(Self.operations + suffix)]
    }

    static func read(_ reading: CounterReading, into usage: inout TaskUsage) {
        guard reading.container == nil else { return }
        switch reading.name {
        case bytes, bytes + "_recursive":
            usage.ioReadBytes = Keyed.blkioSum("Read", in: reading.content)
            usage.ioWriteBytes = Keyed.blkioSum("Write", in: reading.content)
        case operations, operations + "_recursive":
            usage.ioReads = Keyed.blkioSum("Read", in: reading.content)
            usage.ioWrites = Keyed.blkioSum("Write", in: reading.content)
        default:
            break
        }
    }
}
