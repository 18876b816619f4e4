import BerthCgroups
import BerthEngine
import BerthModel
import Foundation

extension StatisticsDocument {
    /// A container's statistics from its readings now and before; nil for one that does not run.
    init?(_ index: Int, of view: TaskView, now: TaskReadings, before: TaskReadings?) {
        let container = view.task.containers[index]
        guard let statistics = now.containers[container.name] else { return nil }
        read = MetadataJSON.text(now.time)
        // Docker's zero of time, where there was no reading before.
        preread = before.map { MetadataJSON.text($0.time) } ?? "0001-01-01T00:00:00Z"
        pidsStats = Processes(
            current: statistics.processes?.current ?? 0, limit: statistics.processes?.limit)
        blkioStats = Devices(statistics.blockIO)
        cpuStats = CPU(statistics, now)
        precpuStats = CPU()
        if let before, let earlier = before.containers[container.name] { precpuStats = CPU(earlier, before) }
        let size = view.settings.containers[index].memoryMiB ?? view.settings.size.memoryMiB
        memoryStats = Memory(
            usage: statistics.memory?.memory.usage, maxUsage: statistics.memory?.memory.peak,
            stats: Dictionary(
                (statistics.memory?.details ?? []).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
            limit: UInt64(size) << 20)
        name = container.name
        id = container.runtimeId ?? ""
        guard let usage = now.network else { return }
        networks = ["eth0": Link(usage)]
        networkRateStats = before.flatMap { Rates(now, before: $0) }
    }
}

extension StatisticsDocument.CPU {
    fileprivate init(_ statistics: CgroupStatistics, _ readings: TaskReadings) {
        cpuUsage = Usage(
            totalUsage: statistics.cpu.total, usageInKernelmode: statistics.cpu.system,
            usageInUsermode: statistics.cpu.user)
        systemCpuUsage = readings.systemCPU
        onlineCpus = readings.cpus
        throttlingData = Throttling(
            periods: statistics.cpu.throttling.periods,
            throttledPeriods: statistics.cpu.throttling.throttledPeriods,
            throttledTime: statistics.cpu.throttling.throttledTime)
    }
}

extension StatisticsDocument.Devices {
    fileprivate init(_ statistics: CgroupStatistics.BlockIO?) {
        func entries(_ entries: [CgroupStatistics.BlockIOEntry]) -> [StatisticsDocument.Entry] {
            entries.map { .init(major: $0.major, minor: $0.minor, op: $0.operation, value: $0.value) }
        }
        guard let statistics else { return }
        ioServiceBytesRecursive = entries(statistics.serviceBytes)
        ioServicedRecursive = entries(statistics.serviced)
    }
}

extension StatisticsDocument.Link {
    fileprivate init(_ usage: NetworkUsage) {
        self.init(
            rxBytes: usage.receivedBytes, rxPackets: usage.receivedPackets, txBytes: usage.sentBytes,
            txPackets: usage.sentPackets)
    }
}

extension StatisticsDocument.Rates {
    /// Nil without two readings at two times.
    fileprivate init?(_ now: TaskReadings, before: TaskReadings) {
        let seconds = now.time.timeIntervalSince(before.time)
        guard seconds > 0, let now = now.network, let before = before.network else { return nil }
        // A link that was made anew begins at zero.
        func rate(_ now: UInt64, _ before: UInt64) -> Double { now < before ? 0 : Double(now - before) / seconds }
        rxBytesPerSec = rate(now.receivedBytes, before.receivedBytes)
        txBytesPerSec = rate(now.sentBytes, before.sentBytes)
    }
}
