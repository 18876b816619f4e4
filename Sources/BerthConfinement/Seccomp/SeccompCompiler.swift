import Synchronization

/// Makes BPF of policies, once per policy and set of capabilities, and remembers it: a launch has no time to spare for
/// looking 400 names up.
///
/// The program is for the machine's own architecture only. That is stricter than Docker, which lets a container also
/// make 32-bit calls: they are a second, less tested way into the kernel, past filters on arguments (`socketcall`), and
/// a filter for all three x86 flavours takes the kernel seven times as long to load.
///
/// What becomes of a call that no rule names:
///
/// - of another architecture (`int 0x80`): the process dies of SIGSYS. A program of another architecture could not even
///   report an error, and exit code 159 says more than the crash that would follow.
/// - newer than any the policy names: ``SeccompPolicy/newerAction``, which is ENOSYS unless a policy says otherwise, as
///   from a kernel without it. C libraries then use the older call, where EPERM would make them give up.
/// - of x32: always ENOSYS.
/// - any other: the policy's default action.
public final class SeccompCompiler: Sendable {
    private struct Key: Hashable {
        var policy: SeccompPolicy
        var capabilities: CapabilitySet
    }

    private let programs = Mutex<[Key: SeccompProgram]>([:])

    /// A compiler with nothing in its memory yet.
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
        let tree = FilterTree(try SyscallTable(policy, for: capabilities))
        let program = SeccompProgram(instructions: tree.instructions.flatMap(\.bytes))
        if program.count > SeccompProgram.limit { throw .tooLong(instructions: program.count) }
        return program
    }
}
