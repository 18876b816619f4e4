import SystemPackage

/// A policy that could not be made into a filter.
public enum SeccompError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Neither libseccomp nor Berth knows the call.
    case unknownSyscall(name: String)
    /// A rule tests an argument that no call has; they are counted from 0 to 5.
    case noSuchArgument(syscall: String, index: UInt32)
    /// The kernel takes filters of 4,096 instructions.
    case tooLong(instructions: Int)
    /// libseccomp did not take a part of a custom policy.
    case refused(String, errno: Int32)

    /// A sentence for whoever wrote the policy: what, where, and what to do.
    public var description: String {
        switch self {
        case .unknownSyscall(let name):
            "cannot compile the seccomp policy: no system call is called \"\(name)\"; correct the name or remove it"
        case .noSuchArgument(let syscall, let index):
            "cannot compile the seccomp policy's rule for \(syscall): no argument \(index); they count from 0 to 5"
        case .tooLong(let instructions):
            "cannot compile the seccomp policy: \(instructions) instructions, and the kernel takes "
                + "\(SeccompProgram.limit); name fewer calls or test fewer arguments"
        case .refused(let part, let errno):
            "cannot compile the seccomp policy: \(part): \(Errno(rawValue: errno).description)"
        }
    }
}
