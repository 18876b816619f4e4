/// What a cgroup used and may use, enough for `runc events --stats`.
///
/// A part whose controller this cgroup does not have is nil, and so is a number that this kernel does not count.
public struct CgroupStatistics: Equatable, Sendable {
    public var cpu = CPU()
    public var memory: Memory?
    public var processes: Processes?
    public var blockIO: BlockIO?
    /// By page size, as in `2MB`.
    public var hugepages: [String: Hugepages] = [:]

    /// Nanoseconds.
    public struct CPU: Equatable, Sendable {
        public var total: UInt64 = 0
        public var user: UInt64 = 0
        public var system: UInt64 = 0
        /// One for each CPU; v1 alone counts them.
        public var perCPU: [UInt64] = []
        public var perCPUUser: [UInt64] = []
        public var perCPUSystem: [UInt64] = []
        public var throttling = Throttling()
    }

    public struct Throttling: Equatable, Sendable {
        public var periods: UInt64 = 0
        public var throttledPeriods: UInt64 = 0
        /// Nanoseconds.
        public var throttledTime: UInt64 = 0
        public var bursts: UInt64?
        /// Nanoseconds.
        public var burstTime: UInt64?
    }

    public struct Memory: Equatable, Sendable {
        /// Page cache.
        public var cache: UInt64 = 0
        public var memory = Counter()
        /// Memory and swap together, in v2 too.
        public var swap: Counter?
        /// v1 alone.
        public var kernel: Counter?
        public var kernelTCP: Counter?
        /// `memory.stat`, in its order.
        public var details: [Detail] = []
        /// Processes that the kernel killed for memory.
        public var oomKills: UInt64?
    }

    public struct Detail: Equatable, Sendable {
        public var name: String
        public var value: UInt64
    }

    /// Bytes.
    public struct Counter: Equatable, Sendable {
        public var usage: UInt64 = 0
        /// nil is none.
        public var limit: UInt64?
        public var peak: UInt64?
        /// How often the limit was met.
        public var failures: UInt64?
    }

    public struct Processes: Equatable, Sendable {
        public var current: UInt64 = 0
        /// nil is none.
        public var limit: UInt64?
    }

    public struct BlockIO: Equatable, Sendable {
        public var serviceBytes: [BlockIOEntry] = []
        public var serviced: [BlockIOEntry] = []
    }

    public struct BlockIOEntry: Equatable, Sendable {
        public var major: UInt64
        public var minor: UInt64
        /// `Read`, `Write`, `Sync`, `Async`, `Discard` or `Total`; v2 has reads, writes and discards.
        public var operation: String
        public var value: UInt64
    }

    /// Bytes.
    public struct Hugepages: Equatable, Sendable {
        public var usage: UInt64 = 0
        public var peak: UInt64?
        public var failures: UInt64 = 0
    }
}
