/// A resource limit of a process (config.md, "POSIX process"; getrlimit(2)).
public struct RuntimeLimit: Equatable, Sendable {
    /// The limits of Linux; the order is that of their numbers on x86-64 and arm64 (asm-generic/resource.h).
    public enum Resource: String, CaseIterable, Sendable {
        case cpu = "RLIMIT_CPU"
        case fileSize = "RLIMIT_FSIZE"
        case data = "RLIMIT_DATA"
        case stack = "RLIMIT_STACK"
        case core = "RLIMIT_CORE"
        case residentSet = "RLIMIT_RSS"
        case processes = "RLIMIT_NPROC"
        case openFiles = "RLIMIT_NOFILE"
        case lockedMemory = "RLIMIT_MEMLOCK"
        case addressSpace = "RLIMIT_AS"
        case locks = "RLIMIT_LOCKS"
        case pendingSignals = "RLIMIT_SIGPENDING"
        case messageQueues = "RLIMIT_MSGQUEUE"
        case nice = "RLIMIT_NICE"
        case realtimePriority = "RLIMIT_RTPRIO"
        case realtimeTime = "RLIMIT_RTTIME"

        /// As prlimit(2) counts them.
        public var number: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    public var resource: Resource
    /// `UInt64.max` is unlimited, for both.
    public var soft: UInt64
    public var hard: UInt64

    public init(_ resource: Resource, soft: UInt64, hard: UInt64) {
        self.resource = resource
        self.soft = soft
        self.hard = hard
    }

    init(_ field: Field) throws(SpecError) {
        resource = try field.member("type").requiredWord()
        soft = try field.member("soft").requiredInteger()
        hard = try field.member("hard").requiredInteger()
        if soft > hard {
            throw try field.member("soft").error(
                "must not be above the hard limit of \(hard)", "lower it or raise hard")
        }
    }

    /// The same limit twice is an error by the specification.
    static func checkOnce(_ limits: [RuntimeLimit], in field: Field) throws(SpecError) {
        var seen: Set<Resource> = []
        for limit in limits where !seen.insert(limit.resource).inserted {
            throw field.error("sets \(limit.resource.rawValue) twice", "write it once")
        }
    }
}
