/// A system call policy as others write it: for several architectures, with every action and comparison that libseccomp
/// has. Berth's own policies are ``SeccompPolicy``, which says less and is compiled faster.
public struct CustomSeccompPolicy: Hashable, Sendable {
    /// What the kernel does with a call.
    public enum Action: Hashable, Sendable {
        case killThread
        case killProcess
        /// SIGSYS.
        case trap
        case fail(errno: UInt16)
        /// A tracer is told this number; without one the call fails with ENOSYS.
        case trace(UInt16)
        case log
        case allow
    }

    /// How an argument is compared; the numbers are libseccomp's (`enum scmp_compare`).
    public enum Comparison: UInt32, Sendable {
        case notEqual = 1
        case less = 2
        case lessOrEqual = 3
        case equal = 4
        case greaterOrEqual = 5
        case greater = 6
        case maskedEqual = 7
    }

    /// A test of one argument; unsigned, 64 bits wide.
    public struct Test: Hashable, Sendable {
        /// 0 to 5.
        public var index: UInt32
        /// How the argument is compared with `value`.
        public var comparison: Comparison
        /// For `maskedEqual` the mask, and `second` what the masked argument is compared with.
        public var value: UInt64
        /// For `maskedEqual` alone: what the masked argument is compared with.
        public var second: UInt64

        /// - Parameters:
        ///   - index: the argument, 0 to 5.
        ///   - value: what it is compared with; for `maskedEqual` the mask.
        ///   - second: for `maskedEqual` what is left behind the mask.
        public init(_ index: UInt32, _ comparison: Comparison, _ value: UInt64, _ second: UInt64 = 0) {
            self.index = index
            self.comparison = comparison
            self.value = value
            self.second = second
        }
    }

    /// Some calls, and what becomes of them when all tests pass.
    public struct Rule: Hashable, Sendable {
        /// Names as in syscalls(2); one that libseccomp does not know is skipped, since it names a call that this machine
        /// most likely does not have.
        public var names: [String]
        /// What becomes of the calls.
        public var action: Action
        /// All must pass; when two are of one argument, any of them is enough, as runc reads them. None: always.
        public var tests: [Test]

        /// - Parameters:
        ///   - action: what becomes of the calls.
        ///   - names: as in syscalls(2).
        ///   - tests: of their arguments.
        public init(_ action: Action, _ names: [String], where tests: [Test] = []) {
            self.names = names
            self.action = action
            self.tests = tests
        }
    }

    /// What becomes of calls that no rule speaks of.
    public var defaultAction: Action
    /// As libseccomp names them (`x86_64`, `x86`, `x32`, `aarch64` …); the machine's own is always among them.
    public var architectures: [String]
    /// What becomes of the others; a call may stand in several.
    public var rules: [Rule]

    /// - Parameter architectures: beside the machine's own, as libseccomp names them.
    public init(defaultAction: Action, architectures: [String] = [], rules: [Rule]) {
        self.defaultAction = defaultAction
        self.architectures = architectures
        self.rules = rules
    }
}
