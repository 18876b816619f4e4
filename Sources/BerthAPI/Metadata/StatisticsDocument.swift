import BerthCgroups
import BerthEngine
import BerthModel
import Foundation

/// What a container uses, in the shape of Docker's (Docker Engine API, `GET /containers/{id}/stats`), and ECS's rates
/// beside it. Members are written
/// with underscores.
struct StatisticsDocument: Encodable {
    var read: String
    var preread: String
    var numProcs = 0
    var pidsStats: Processes
    var blkioStats: Devices
    var storageStats: [String: Int] = [:]
    var cpuStats: CPU
    var precpuStats: CPU
    var memoryStats: Memory
    var name: String
    var id: String
    var networks: [String: Link]?
    var networkRateStats: Rates?

    struct Processes: Encodable {
        var current: UInt64
        var limit: UInt64?
    }

    struct Entry: Encodable {
        var major: UInt64
        var minor: UInt64
        var op: String
        var value: UInt64
    }

    struct Devices: Encodable {
        var ioServiceBytesRecursive: [Entry] = []
        var ioServicedRecursive: [Entry] = []
        var ioQueueRecursive: [Entry] = []
        var ioServiceTimeRecursive: [Entry] = []
        var ioWaitTimeRecursive: [Entry] = []
        var ioMergedRecursive: [Entry] = []
        var ioTimeRecursive: [Entry] = []
        var sectorsRecursive: [Entry] = []
    }

    /// Nanoseconds.
    struct CPU: Encodable {
        struct Usage: Encodable {
            var totalUsage: UInt64 = 0
            var usageInKernelmode: UInt64 = 0
            var usageInUsermode: UInt64 = 0
        }
        struct Throttling: Encodable {
            var periods: UInt64 = 0
            var throttledPeriods: UInt64 = 0
            var throttledTime: UInt64 = 0
        }
        var cpuUsage = Usage()
        var systemCpuUsage: UInt64?
        var onlineCpus: Int?
        var throttlingData = Throttling()
    }

    /// Bytes.
    struct Memory: Encodable {
        var usage: UInt64?
        var maxUsage: UInt64?
        var stats: [String: UInt64] = [:]
        var limit: UInt64?
    }

    struct Link: Encodable {
        var rxBytes: UInt64
        var rxPackets: UInt64
        var rxErrors = 0
        var rxDropped = 0
        var txBytes: UInt64
        var txPackets: UInt64
        var txErrors = 0
        var txDropped = 0
    }

    struct Rates: Encodable {
        var rxBytesPerSec: Double
        var txBytesPerSec: Double
    }
}
