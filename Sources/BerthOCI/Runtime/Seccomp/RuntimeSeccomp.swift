/// The system call filter of a container (config-linux.md, "Seccomp").
public struct RuntimeSeccomp: Equatable, Hashable, Sendable {
    /// What becomes of a call that no rule names, or whose tests do not pass.
    public var defaultAction: Action
    /// Empty for the machine's own.
    public var architectures: [Architecture]
    public var flags: [Flag]
    public var rules: [Rule]

    init(_ field: Field) throws(SpecError) {
        defaultAction = try Action(
            field.member("defaultAction"), errno: field.member("defaultErrnoRet"))
        architectures = try field.member("architectures").list { (element) throws(SpecError) in
            try element.requiredWord()
        }
        flags = try field.member("flags").list { (element) throws(SpecError) in try element.requiredWord() }
        rules = try field.member("syscalls").list(Rule.init)
        for name in ["listenerPath", "listenerMetadata"] where try field.member(name).string()?.isEmpty == false {
            throw try field.member(name).unsupported(
                "user notification of system calls", remedy: "remove it, and use SCMP_ACT_ERRNO for SCMP_ACT_NOTIFY")
        }
    }

    /// Some system calls and what becomes of them when all tests pass.
    public struct Rule: Equatable, Hashable, Sendable {
        /// As in syscalls(2).
        public var names: [String]
        public var action: Action
        /// All must pass; none is as good as passed.
        public var tests: [Test]

        init(_ field: Field) throws(SpecError) {
            names = try field.member("names").strings()
            if names.isEmpty { throw try field.member("names").error("names no system call", "write at least one") }
            action = try Action(field.member("action"), errno: field.member("errnoRet"))
            tests = try field.member("args").list(Test.init)
        }
    }

    /// A test of one argument.
    public struct Test: Equatable, Hashable, Sendable {
        /// The raw value is the document's word.
        public enum Comparison: String, CaseIterable, Sendable {
            case notEqual = "SCMP_CMP_NE"
            case less = "SCMP_CMP_LT"
            case lessOrEqual = "SCMP_CMP_LE"
            case equal = "SCMP_CMP_EQ"
            case greaterOrEqual = "SCMP_CMP_GE"
            case greater = "SCMP_CMP_GT"
            case maskedEqual = "SCMP_CMP_MASKED_EQ"
        }
        /// 0 to 5.
        public var index: UInt32
        public var comparison: Comparison
        /// For `maskedEqual` the mask, and `second` what the masked argument is compared with.
        public var value: UInt64
        /// 0 but for `maskedEqual`.
        public var second: UInt64

        init(_ field: Field) throws(SpecError) {
            index = try field.member("index").requiredInteger(in: 0...5)
            comparison = try field.member("op").requiredWord()
            value = try field.member("value").requiredInteger()
            second = try field.member("valueTwo").integer() ?? 0
        }
    }

    /// Flags of seccomp(2). The raw value is the document's word.
    public enum Flag: String, CaseIterable, Sendable {
        case synchronize = "SECCOMP_FILTER_FLAG_TSYNC"
        case log = "SECCOMP_FILTER_FLAG_LOG"
        case allowSpeculation = "SECCOMP_FILTER_FLAG_SPEC_ALLOW"

        /// Of linux/seccomp.h.
        public var bit: UInt64 {
            switch self {
            case .synchronize: 1
            case .log: 2
            case .allowSpeculation: 4
            }
        }
    }
}
