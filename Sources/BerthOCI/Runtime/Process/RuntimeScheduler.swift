/// How the kernel schedules a process (config.md, "scheduler"; sched_setattr(2)).
public struct RuntimeScheduler: Equatable, Sendable {
    /// The raw value is the document's word.
    public enum Policy: String, CaseIterable, Sendable {
        case other = "SCHED_OTHER"
        case fifo = "SCHED_FIFO"
        case roundRobin = "SCHED_RR"
        case batch = "SCHED_BATCH"
        case idle = "SCHED_IDLE"
        case deadline = "SCHED_DEADLINE"

        /// As linux/sched.h counts them.
        public var number: UInt32 {
            switch self {
            case .other: 0
            case .fifo: 1
            case .roundRobin: 2
            case .batch: 3
            case .idle: 5
            case .deadline: 6
            }
        }
    }

    /// The raw value is the document's word.
    public enum Flag: String, CaseIterable, Sendable {
        case resetOnFork = "SCHED_FLAG_RESET_ON_FORK"
        case reclaim = "SCHED_FLAG_RECLAIM"
        case deadlineOverrun = "SCHED_FLAG_DL_OVERRUN"
        case keepPolicy = "SCHED_FLAG_KEEP_POLICY"
        case keepParameters = "SCHED_FLAG_KEEP_PARAMS"
        case utilizationMinimum = "SCHED_FLAG_UTIL_CLAMP_MIN"
        case utilizationMaximum = "SCHED_FLAG_UTIL_CLAMP_MAX"

        /// The bit in `sched_attr.sched_flags`.
        public var bit: UInt64 { 1 << UInt64(Self.allCases.firstIndex(of: self) ?? 0) }
    }

    public var policy: Policy
    /// −20 to 19; for `other` and `batch`.
    public var nice: Int32
    /// 1 to 99 for `fifo` and `roundRobin`, else 0.
    public var priority: UInt32
    public var flags: [Flag]
    /// Nanoseconds; for `deadline`.
    public var runtime: UInt64
    /// Nanoseconds; for ``Policy/deadline``, as is the period.
    public var deadline: UInt64
    public var period: UInt64

    init(_ field: Field) throws(SpecError) {
        policy = try field.member("policy").requiredWord()
        nice = try field.member("nice").integer(in: -20...19) ?? 0
        priority = try field.member("priority").integer(in: 0...99) ?? 0
        flags = try field.member("flags").list { (element) throws(SpecError) in try element.requiredWord() }
        runtime = try field.member("runtime").integer() ?? 0
        deadline = try field.member("deadline").integer() ?? 0
        period = try field.member("period").integer() ?? 0
        if priority > 0 && policy != .fifo && policy != .roundRobin {
            throw try field.member("priority").error(
                "is only for SCHED_FIFO and SCHED_RR", "remove it or change the policy")
        }
        if (runtime, deadline, period) != (0, 0, 0) && policy != .deadline {
            throw field.error("has runtime, deadline or period, which are only for SCHED_DEADLINE", "remove them")
        }
    }
}

/// The priority of a process's disk access (config.md, "ioPriority"; ioprio_set(2)).
public struct RuntimeIOPriority: Equatable, Sendable {
    /// The raw value is the document's word.
    public enum Class: String, CaseIterable, Sendable {
        case realtime = "IOPRIO_CLASS_RT"
        case bestEffort = "IOPRIO_CLASS_BE"
        case idle = "IOPRIO_CLASS_IDLE"
    }
    public var ioClass: Class
    /// 0, the most, to 7.
    public var priority: Int32

    /// As ioprio_set(2) takes it: the class in the bits from 13 on.
    public var number: Int32 { (Int32(Class.allCases.firstIndex(of: ioClass) ?? 1) + 1) << 13 | priority }

    init(_ field: Field) throws(SpecError) {
        ioClass = try field.member("class").requiredWord()
        priority = try field.member("priority").integer(in: 0...7) ?? 0
    }
}
