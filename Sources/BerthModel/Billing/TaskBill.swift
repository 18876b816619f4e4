/// What one task cost, and what it used of what it reserved; the JSON of `berth bill`.
///
/// Amounts are exact decimal strings, for example `0.00020571`.
public struct TaskBill: Codable, Equatable, Sendable {
    /// What the task held, whether or not it used it, and for how long: charges rest on this alone, the network's
    /// apart.
    public struct Reserved: Codable, Equatable, Sendable {
        /// 1024 units are one vCPU.
        public var cpuUnits: Int
        public var memoryMiB: Int
        /// Seconds charged: whole seconds from start of pull to end of task, at least the price sheet's minimum.
        public var billedSeconds: Int
        /// Seconds it really took, from start of pull to end of task.
        public var runSeconds: Double
        public init(cpuUnits: Int, memoryMiB: Int, billedSeconds: Int, runSeconds: Double) {
            self.cpuUnits = cpuUnits
            self.memoryMiB = memoryMiB
            self.billedSeconds = billedSeconds
            self.runSeconds = runSeconds
        }
    }

    /// What the task's cgroup counted, until now while it runs; a member is absent when this kernel does not count it.
    public struct Used: Codable, Equatable, Sendable {
        /// Microseconds of CPU time of all its processes, in user mode and in the kernel.
        public var cpuUsec: UInt64?
        public var cpuUserUsec: UInt64?
        public var cpuSystemUsec: UInt64?
        /// The most that it had at a time, page cache included.
        public var memoryPeakBytes: UInt64?
        /// From and to block devices; what the page cache answered is not in it.
        public var ioReadBytes: UInt64?
        public var ioWriteBytes: UInt64?
        /// Processes that the kernel killed for memory.
        public var oomKills: UInt64?
        /// What crossed the task's network link, as the host's end counted it; absent for a task without one.
        public var networkReceivedBytes: UInt64?
        public var networkReceivedPackets: UInt64?
        public var networkSentBytes: UInt64?
        public var networkSentPackets: UInt64?
        public init() {}
    }

    /// A charge for one SKU.
    public struct Line: Codable, Equatable, Sendable {
        /// For example `berth-linux-x86-cpu`.
        public var sku: String
        /// `Core-Seconds`, `GiB-Seconds` or `Bytes`.
        public var unit: String
        /// Of ``unit``, reserved or, of the network, counted.
        public var quantity: String
        /// In the bill's currency.
        public var unitPrice: String
        /// Exactly quantity × price: nothing is rounded.
        public var amount: String
        public init(sku: String, unit: String, quantity: String, unitPrice: String, amount: String) {
            self.sku = sku
            self.unit = unit
            self.quantity = quantity
            self.unitPrice = unitPrice
            self.amount = amount
        }
    }

    public var taskArn: String
    public var taskDefinitionArn: String
    /// The task's last status; a bill is final once it is `STOPPED`.
    public var status: TaskStatus
    /// ISO 4217.
    public var currency: String
    /// Id and version, for example `fargate-us-east-1@1`.
    public var priceSheet: String
    public var reserved: Reserved
    public var used: Used
    /// Empty for a task whose pull never began.
    public var lines: [Line]
    public var total: String

    public init(
        taskArn: String, taskDefinitionArn: String, status: TaskStatus, currency: String, priceSheet: String,
        reserved: Reserved, used: Used, lines: [Line], total: String
    ) {
        self.taskArn = taskArn
        self.taskDefinitionArn = taskDefinitionArn
        self.status = status
        self.currency = currency
        self.priceSheet = priceSheet
        self.reserved = reserved
        self.used = used
        self.lines = lines
        self.total = total
    }
}
