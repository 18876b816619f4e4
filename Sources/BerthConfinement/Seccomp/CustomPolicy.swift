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
        public var comparison: Comparison
        /// For `maskedEqual` the mask, and `second` what the masked argument is compared with.
        public var value: UInt64
        public var second: UInt64

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
        public var action: Action
        public var tests: [Test]

        public init(_ action: Action, _ names: [String], where tests: [Test] = []) {
            self.names = names
            self.action = action
            self.tests = tests
        }
    }

    public var defaultAction: Action
    /// As libseccomp names them (`x86_64`, `x86`, `x32`, `aarch64` …); the machine's own is always among them.
    public var architectures: [String]
    public var rules: [Rule]

    public init(defaultAction: Action, architectures: [String] = [], rules: [Rule]) {
        self.defaultAction = defaultAction
        self.architectures = architectures
        self.rules = rules
    }
}
