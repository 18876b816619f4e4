import Glibc

/// How many files this process may have open.
public enum OpenFiles {
    /// Raises the soft limit to the hard one (getrlimit(2)); what cannot be raised stays as it is.
    public static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
