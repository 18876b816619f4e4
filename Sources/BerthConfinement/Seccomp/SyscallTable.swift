import Glibc

/// A policy by number: what becomes of every call of the machine's own architecture.
struct SyscallTable {
    /// What becomes of a call.
    enum Verdict: Equatable {
        case action(SeccompAction)
        /// The first rule whose tests pass, in their order; else the default.
        case rules([SeccompRule], otherwise: SeccompAction)
    }

    /// Calls from `first` up to the next span share a verdict.
    struct Span: Equatable {
        var first: UInt32
        var verdict: Verdict
    }

    /// __X32_SYSCALL_BIT of asm/unistd.h; other architectures have no numbers that high.
    private static let firstOfX32: UInt32 = 0x4000_0000

    /// In ascending order from number 0; the last has no end.
    private(set) var spans: [Span] = []

    init(_ policy: SeccompPolicy, for capabilities: CapabilitySet) throws(SeccompError) {
        var rules: [UInt32: [SeccompRule]] = [:]
        var newest: UInt32 = 0
        for rule in policy.rules {
            for name in rule.syscalls {
                switch SyscallNumbers.lookUp(name) {
                case .unknown: throw .unknownSyscall(name: name)
                case .foreign: continue
                case .number(let number):
                    newest = max(newest, number)
                    if rule.condition.holds(for: capabilities) { rules[number, default: []].append(rule) }
                }
                if let test = rule.arguments.first(where: { $0.index > 5 }) {
                    throw .noSuchArgument(syscall: name, index: test.index)
                }
            }
        }
        for number in 0...newest {
            append(Self.verdict(of: rules[number] ?? [], otherwise: policy.defaultAction), for: number)
        }
        append(.action(policy.newerAction), for: newest + 1)
        // x32: every call once more, by another number, past whatever a policy refuses.
        append(.action(.fail(errno: UInt16(ENOSYS))), for: Self.firstOfX32)
    }

    private mutating func append(_ verdict: Verdict, for number: UInt32) {
        if spans.last?.verdict != verdict { spans.append(Span(first: number, verdict: verdict)) }
    }

    private static func verdict(of rules: [SeccompRule], otherwise action: SeccompAction) -> Verdict {
        let decided = rules.firstIndex { $0.arguments.isEmpty }
        let tested = rules[..<(decided ?? rules.endIndex)]
        let otherwise = decided.map { rules[$0].action } ?? action
        return tested.isEmpty ? .action(otherwise) : .rules(Array(tested), otherwise: otherwise)
    }
}
