/// The limits of one cgroup, field for field as runtime-spec has them in `linux.resources`.
///
/// nil leaves what is there. So does 0 where the kernel takes none (memory, CPU shares, quota, period, weight): clients
/// send it for a field that they did not set. A limit of -1 is no limit.
public struct RuntimeResources: Equatable, Sendable {
    public var memory = Memory()
    public var cpu = CPU()
    /// `pids.limit`: the most processes and threads; 0 or less is no limit.
    public var pidsLimit: Int64?
    public var blockIO = BlockIO()
    public var hugepages: [Hugepages] = []
    public var network = Network()
    /// By the device's name.
    public var rdma: [String: RDMA] = [:]
    /// Files of v2 and what to write into them, after all else.
    public var unified: [String: String] = [:]
    /// nil leaves the cgroup as it is; rules, even none, begin with everything denied.
    public var devices: [DeviceRule]?

    public init() {}

    /// Bytes, but for `swappiness`.
    public struct Memory: Equatable, Sendable {
        public var limit: Int64?
        /// Soft limit (v1), protected from reclaim (v2).
        public var reservation: Int64?
        /// Memory and swap together.
        public var swap: Int64?
        public var kernel: Int64?
        public var kernelTCP: Int64?
        /// 0–100.
        public var swappiness: UInt64?
        public var disableOOMKiller: Bool?
        /// Refuse a limit that is below what is in use, rather than have the kernel kill.
        public var checkBeforeUpdate: Bool?

        public init() {}
    }

    public struct CPU: Equatable, Sendable {
        /// 2–262144, by default 1024.
        public var shares: UInt64?
        /// µs of CPU time in each period; negative is no limit.
        public var quota: Int64?
        /// µs beyond the quota that an idle time may save up.
        public var burst: UInt64?
        /// µs.
        public var period: UInt64?
        /// µs in each real-time period.
        public var realtimeRuntime: Int64?
        /// µs.
        public var realtimePeriod: UInt64?
        /// A list such as `0-2,7`.
        public var cpus: String?
        /// A list of memory nodes.
        public var mems: String?
        /// 1 runs only when nobody else wants to.
        public var idle: Int64?

        public init() {}
    }

    public struct BlockIO: Equatable, Sendable {
        /// 10–1000.
        public var weight: UInt16?
        public var leafWeight: UInt16?
        public var weightDevice: [WeightDevice] = []
        /// Bytes a second.
        public var throttleReadBps: [Throttle] = []
        public var throttleWriteBps: [Throttle] = []
        /// Operations a second.
        public var throttleReadIOPS: [Throttle] = []
        public var throttleWriteIOPS: [Throttle] = []

        public init() {}
    }

    public struct WeightDevice: Equatable, Sendable {
        public var major: Int64
        public var minor: Int64
        public var weight: UInt16?
        public var leafWeight: UInt16?

        public init(major: Int64, minor: Int64, weight: UInt16? = nil, leafWeight: UInt16? = nil) {
            self.major = major
            self.minor = minor
            self.weight = weight
            self.leafWeight = leafWeight
        }
    }

    public struct Throttle: Equatable, Sendable {
        public var major: Int64
        public var minor: Int64
        public var rate: UInt64

        public init(major: Int64, minor: Int64, rate: UInt64) {
            self.major = major
            self.minor = minor
            self.rate = rate
        }
    }

    public struct Hugepages: Equatable, Sendable {
        /// As in `2MB`.
        public var pageSize: String
        /// Bytes.
        public var limit: UInt64

        public init(pageSize: String, limit: UInt64) {
            self.pageSize = pageSize
            self.limit = limit
        }
    }

    public struct Network: Equatable, Sendable {
        public var classID: UInt32?
        public var priorities: [InterfacePriority] = []

        public init() {}
    }

    public struct InterfacePriority: Equatable, Sendable {
        public var name: String
        public var priority: UInt32

        public init(name: String, priority: UInt32) {
            self.name = name
            self.priority = priority
        }
    }

    public struct RDMA: Equatable, Sendable {
        public var handles: UInt32?
        public var objects: UInt32?

        public init(handles: UInt32? = nil, objects: UInt32? = nil) {
            self.handles = handles
            self.objects = objects
        }
    }
}
