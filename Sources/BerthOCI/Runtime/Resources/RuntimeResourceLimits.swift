/// What a container may use, as the document says it (config-linux.md, "Control groups"). Nil is "not said": it stays as
/// it is, or at the kernel's default.
public struct RuntimeResourceLimits: Equatable, Sendable {
    /// In order: the last rule that names a device decides.
    public var devices: [DeviceRule] = []
    public var memory: Memory?
    public var cpu: CPU?
    /// 0 or less is unlimited.
    public var pidsLimit: Int64?
    public var blockIO: BlockIO?
    public var hugepageLimits: [HugepageLimit] = []
    public var network: Network?
    public var rdma: [RDMA] = []
    /// Files of cgroup v2 and what is written into them, in order.
    public var unified: [(name: String, value: String)] = []

    public init() {}

    /// - Throws: ``SpecError`` that names the field.
    public init(_ field: Field) throws(SpecError) {
        devices = try field.member("devices").list(DeviceRule.init)
        memory = try field.member("memory").decode(Memory.init)
        cpu = try field.member("cpu").decode(CPU.init)
        pidsLimit = try field.member("pids").member("limit").integer()
        blockIO = try field.member("blockIO").decode(BlockIO.init)
        hugepageLimits = try field.member("hugepageLimits").list(HugepageLimit.init)
        network = try field.member("network").decode(Network.init)
        for (name, entry) in try field.member("rdma").entries() { rdma.append(try RDMA(name, entry)) }
        let unified = try field.member("unified")
        self.unified = try unified.stringMap()
        for (name, _) in self.unified where name.isEmpty || name.contains("/") {
            throw unified.error("has \"\(name)\", which is no name of a file", "write names such as memory.high")
        }
    }

    public static func == (left: RuntimeResourceLimits, right: RuntimeResourceLimits) -> Bool {
        left.devices == right.devices && left.memory == right.memory && left.cpu == right.cpu
            && left.pidsLimit == right.pidsLimit && left.blockIO == right.blockIO
            && left.hugepageLimits == right.hugepageLimits && left.network == right.network && left.rdma == right.rdma
            && left.unified.elementsEqual(right.unified, by: ==)
    }

    /// Of huge pages of one size.
    public struct HugepageLimit: Equatable, Sendable {
        /// As the kernel writes it: `2MB`, `1GB`.
        public var pageSize: String
        /// Bytes.
        public var limit: UInt64

        init(_ field: Field) throws(SpecError) {
            let size = try field.member("pageSize")
            pageSize = try size.requiredString()
            let number = pageSize.prefix { $0.isNumber }
            guard !number.isEmpty, ["KB", "MB", "GB"].contains(String(pageSize.dropFirst(number.count))) else {
                throw size.error("is no page size", "write for example 2MB")
            }
            limit = try field.member("limit").requiredInteger()
        }
    }

    /// Marks of packets; the controllers net_cls and net_prio of cgroup v1.
    public struct Network: Equatable, Sendable {
        /// For traffic control (tc(8)): major number in the upper 16 bits, minor in the lower.
        public var classID: UInt32?
        public var priorities: [Priority]

        public struct Priority: Equatable, Sendable {
            public var interface: String
            public var priority: UInt32
            init(_ field: Field) throws(SpecError) {
                interface = try field.member("name").requiredString()
                priority = try field.member("priority").requiredInteger()
            }
        }

        init(_ field: Field) throws(SpecError) {
            classID = try field.member("classID").integer()
            priorities = try field.member("priorities").list(Priority.init)
        }
    }

    /// The most that may be open of an RDMA device (kernel, cgroup-v1/rdma.rst); nil for no limit.
    public struct RDMA: Equatable, Sendable {
        public var device: String
        /// `hca_handle`.
        public var handles: UInt32?
        /// `hca_object`.
        public var objects: UInt32?

        init(_ device: String, _ field: Field) throws(SpecError) {
            self.device = device
            handles = try field.member("hcaHandles").integer()
            objects = try field.member("hcaObjects").integer()
        }
    }
}
