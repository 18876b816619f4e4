import Glibc

/// Which system calls a container may make.
///
/// A policy is a value: it says nothing of an architecture's numbers or of BPF. ``SeccompCompiler`` makes a program of
/// it for the capabilities that a container holds.
public struct SeccompPolicy: Hashable, Sendable {
    /// What happens to a call that no rule names, as far as its number is not newer than the policy
    /// (``SeccompCompiler``).
    public var defaultAction: SeccompAction
    /// What happens to a call whose number is above all that the rules name. ENOSYS, as from a kernel without it, suits a
    /// policy that names what is allowed; one that names what is refused lets them pass.
    public var newerAction: SeccompAction
    /// Of the rules that name a call, the first whose tests pass decides.
    public var rules: [SeccompRule]

    /// A policy whose ``newerAction`` is ENOSYS unless another is named.
    public init(
        defaultAction: SeccompAction, newerAction: SeccompAction = .fail(errno: UInt16(ENOSYS)), rules: [SeccompRule]
    ) {
        self.defaultAction = defaultAction
        self.newerAction = newerAction
        self.rules = rules
    }

    /// Capabilities that make a difference to this policy.
    var decisiveCapabilities: CapabilitySet {
        CapabilitySet(rules.compactMap(\.condition.capability))
    }

    // Policies differ by more than their size only in tests; a launch should not hash 400 names.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(defaultAction)
        hasher.combine(rules.count)
    }
}

/// What the kernel does with a system call.
public enum SeccompAction: Hashable, Sendable {
    case allow
    /// The call fails with this errno and does nothing.
    case fail(errno: UInt16)
    /// The whole process dies of SIGSYS.
    case killProcess
}

/// Some system calls, under what circumstances, and what happens to them.
public struct SeccompRule: Hashable, Sendable {
    /// Which containers a rule is for.
    public enum Condition: Hashable, Sendable {
        case always
        case holding(Capability)
        case lacking(Capability)

        var capability: Capability? {
            switch self {
            case .always: nil
            case .holding(let capability), .lacking(let capability): capability
            }
        }

        func holds(for capabilities: CapabilitySet) -> Bool {
            switch self {
            case .always: true
            case .holding(let capability): capabilities.contains(capability)
            case .lacking(let capability): !capabilities.contains(capability)
            }
        }
    }

    public var action: SeccompAction
    /// Names as in syscalls(2). One that the machine's architecture does not have is skipped.
    public var syscalls: [String]
    /// Tests that must all pass for the rule to apply.
    public var arguments: [ArgumentTest]
    /// Decided when the filter is compiled, by the capabilities that the container holds.
    public var condition: Condition

    public init(
        _ action: SeccompAction, _ syscalls: [String], where arguments: [ArgumentTest] = [],
        _ condition: Condition = .always
    ) {
        self.action = action
        self.syscalls = syscalls
        self.arguments = arguments
        self.condition = condition
    }
}

/// One argument of a system call, masked, against a value.
///
/// Everything a policy asks of an argument is said with this one test. Order comparisons are left out on purpose: they
/// see all 64 bits of a register, of which the kernel takes 32 for an `int`. "Greater than 40" is then also true of 38
/// with a high bit set, which the kernel reads as 38.
public struct ArgumentTest: Hashable, Sendable {
    /// 0 to 5.
    public var index: UInt32
    /// The bits of the argument that count.
    public var mask: UInt64
    /// What they must be; a bit outside the mask could never be.
    public var value: UInt64

    /// Passes when `argument & mask == value`.
    public init(_ index: UInt32, mask: UInt64, equals value: UInt64) {
        self.index = index
        self.mask = mask
        self.value = value
    }

    /// Passes when a 32-bit argument, read as the kernel reads it, has this value.
    public static func int(_ index: UInt32, equals value: UInt32) -> ArgumentTest {
        ArgumentTest(index, mask: 0xffff_ffff, equals: UInt64(value))
    }
}
