import SystemPackage

/// A policy that could not be made into a filter.
public enum SeccompError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Neither libseccomp nor Berth knows the call.
    case unknownSyscall(name: String)
    /// libseccomp refused a rule.
    case rule(syscall: String, errno: Errno)
    /// libseccomp or the kernel failed otherwise, with what Berth was about to do.
    case step(String, errno: Errno)

    public var description: String {
        switch self {
        case .unknownSyscall(let name):
            "cannot compile the seccomp policy: no system call is called \"\(name)\"; correct the name or remove it"
        case .rule(let syscall, let errno):
            "cannot compile the seccomp policy's rule for \(syscall): \(errno.description)"
        case .step(let what, let errno):
            "cannot compile the seccomp policy: \(what): \(errno.description)"
        }
    }
}
