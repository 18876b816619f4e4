import Glibc
import Synchronization

/// Makes BPF of policies, once per policy and set of capabilities, and remembers it: a compilation takes milliseconds,
/// a launch has none to spare.
///
/// The program is for the machine's own architecture only. That is stricter than Docker, which lets a container also
/// make 32-bit calls: they are a second, less tested way into the kernel, past filters on arguments (`socketcall`), and
/// a filter for all three x86 flavours takes the kernel seven times as long to load.
///
/// What becomes of a call that no rule names:
///
/// - of another architecture (`int 0x80`): the process dies of SIGSYS. A program of another architecture could not even
///   report an error, and exit code 159 says more than the crash that would follow.
/// - newer than any the policy names, and all of x32: ENOSYS, as from a kernel without it. C libraries then use the
///   older call, where EPERM would make them give up.
/// - any other: the policy's default action.
public final class SeccompCompiler: Sendable {
    private struct Key: Hashable {
        var policy: SeccompPolicy
        var capabilities: CapabilitySet
    }

    private let programs = Mutex<[Key: SeccompProgram]>([:])

    public init() {}

    /// The filter of a policy for a container whose bounding set is `capabilities`.
    public func program(
        for policy: SeccompPolicy = .standard, capabilities: CapabilitySet
    ) throws(SeccompError) -> SeccompProgram {
        let decisive = policy.decisiveCapabilities.intersection(capabilities)
        let key = Key(policy: policy, capabilities: decisive)
        // Compiled under the lock, so that tasks that start together compile once.
        return try programs.withLock { (known) throws(SeccompError) in
            if let program = known[key] { return program }
            let program = try Self.compile(policy, for: decisive)
            known[key] = program
            return program
        }
    }

    private static func compile(
        _ policy: SeccompPolicy, for capabilities: CapabilitySet
    ) throws(SeccompError) -> SeccompProgram {
        let filter = try SeccompFilter.empty(defaultAction: policy.defaultAction)
        var newest: Int32 = 0
        for rule in policy.rules {
            let applies = rule.condition.holds(for: capabilities)
            for name in rule.syscalls {
                switch SyscallNumbers.lookUp(name) {
                case .unknown: throw .unknownSyscall(name: name)
                case .foreign: continue
                case .number(let number):
                    newest = max(newest, number)
                    if applies { try filter.add(rule, to: number, called: name) }
                }
            }
        }
        return SeccompProgram(instructions: guarding(callsNewerThan: UInt32(newest)) + (try filter.export()))
    }

    /// Instructions before libseccomp's: native calls above `newest` fail with ENOSYS, all else goes on.
    private static func guarding(callsNewerThan newest: UInt32) -> [UInt8] {
        let guardian: [BPFInstruction] = [
            .load(offset: SeccompData.architecture),
            .continueIfEqual(to: SeccompFilter.nativeArchitecture, otherwise: 3),
            .load(offset: SeccompData.number),
            .continueIfGreater(than: newest, otherwise: 1),
            .end(SeccompAction.fail(errno: UInt16(ENOSYS)).code),
        ]
        return guardian.flatMap(\.bytes)
    }
}
