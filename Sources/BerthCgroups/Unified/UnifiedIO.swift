import BerthLinux

/// `io` of v2: counts what reaches a device, buffered writes too (on ext4, btrfs and xfs).
///
/// The sum is over all devices, as the kernel shows them: one that stands on another (LVM, RAID) counts beside it.
struct UnifiedIO {
    private let isCounted: Bool

    init(tasks: CgroupDirectory) { isCounted = tasks.itself.has("io.stat") }

    func counters(_ task: CgroupNode) -> [CounterFile] { isCounted ? [task.counter("io.stat")] : [] }

    static func read(_ reading: CounterReading, into usage: inout TaskUsage) {
        guard reading.name == "io.stat", reading.container == nil else { return }
        usage.ioReadBytes = Keyed.deviceSum("rbytes", in: reading.content)
        usage.ioWriteBytes = Keyed.deviceSum("wbytes", in: reading.content)
        usage.ioReads = Keyed.deviceSum("rios", in: reading.content)
        usage.ioWrites = Keyed.deviceSum("wios", in: reading.content)
    }
}
