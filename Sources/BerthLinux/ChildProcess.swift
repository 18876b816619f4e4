import CLinux
import Glibc
import SystemPackage

extension OwnProcess {
    /// The kernel kills this process when the thread that started it ends.
    ///
    /// - Throws: if the parent is not, or no longer, `parent`.
    public static func dieWithParent(_ parent: pid_t) throws(LinuxError) {
        try check("bind", "this process to its parent") {
            berth_prctl(PR_SET_PDEATHSIG, UInt(bitPattern: Int(SIGKILL)), 0)
        }
        guard getppid() == parent else { throw LinuxError("find", "process \(parent)", errno: .noSuchProcess) }
    }

    /// No program that this process runs can have more privileges than it has (PR_SET_NO_NEW_PRIVS).
    public static func renouncePrivileges() throws(LinuxError) {
        try check("renounce", "new privileges") { berth_prctl(PR_SET_NO_NEW_PRIVS, 1, 0) }
    }

    /// Lowers a limit of this process (RLIMIT_ of getrlimit(2)), hard and soft; one that is lower already stays.
    public static func lower(_ resource: __rlimit_resource, to value: UInt) throws(LinuxError) {
        let resource = __rlimit_resource_t(resource.rawValue)
        var limit = rlimit()
        try check("read", "a limit") { getrlimit(resource, &limit) }
        limit.rlim_max = min(limit.rlim_max, value)
        limit.rlim_cur = min(limit.rlim_cur, limit.rlim_max)
        try check("set", "a limit") { setrlimit(resource, &limit) }
    }
}

/// How a child of this process ended.
public struct ChildEnd: Equatable, Sendable {
    /// As wait(2) has it.
    private let status: Int32

    /// Waits for a child.
    public init(of child: pid_t) throws(LinuxError) {
        var status: Int32 = 0
        try check("wait for", "process \(child)") { waitpid(child, &status, 0) }
        self.status = status
    }

    /// The signal that killed it; nil if it ended of itself.
    public var signal: Int32? { status & 0x7f == 0 ? nil : status & 0x7f }
    /// Its exit code; nil if it was killed.
    public var code: Int32? { signal == nil ? status >> 8 & 0xff : nil }
}
