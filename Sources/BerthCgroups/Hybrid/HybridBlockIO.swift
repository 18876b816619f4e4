import BerthLinux
import Glibc

/// `blkio` of v1: counts what reaches a disk. Buffered writes are the flusher's there, not the task's; v2 counts them.
struct HybridBlockIO: HybridController {
    let tasks: CgroupDirectory
    /// With what is below, where the kernel has it.
    private let suffix: String

    init(tasks: CgroupDirectory) {
        self.tasks = tasks
        suffix = tasks.itself.has(Self.bytes + "_recursive") ? "_recursive" : ""
        for disk in Self.disks() { try? tasks.itself.write("\(disk) 0", to: "blkio.throttle.read_bps_device") }
    }

    /// The numbers of the disks there are, as `254:0`: without those that stand on others, which would count twice.
    ///
    /// Since 6.10 the kernel counts a disk's I/O in v1 only once some limit was written for it. 0 is none: nothing is
    /// throttled, and nothing shows.
    private static func disks() -> [String] {
        let partitions = (try? SmallFile.read("/proc/partitions")) ?? ""
        return partitions.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 4, access("/sys/block/\(words[3])/device", F_OK) == 0 else { return nil }
            return "\(words[0]):\(words[1])"
        }
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
