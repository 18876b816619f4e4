import CLinux
import Glibc
import SystemPackage

/// What a process can forbid itself for ever.
public enum OwnProcess {
    /// How many threads it has.
    public static func threadCount() throws(LinuxError) -> Int {
        var status = stat()
        try check("read", "/proc/self/task") { stat("/proc/self/task", &status) }
        // A directory's links are itself, its name, and each directory in it (proc(5)).
        return Int(status.st_nlink) - 2
    }

    /// No core file of it is written, and nobody without CAP_SYS_PTRACE can trace it or read its memory.
    ///
    /// The hard limit of core files stays: a program that it starts may raise its own.
    public static func forbidInspection() throws(LinuxError) {
        let cores = __rlimit_resource_t(RLIMIT_CORE.rawValue)
        var limit = rlimit()
        try check("read", "the limit of core files") { getrlimit(cores, &limit) }
        limit.rlim_cur = 0
        try check("set", "the limit of core files") { setrlimit(cores, &limit) }
        try check("forbid", "inspection of this process") { berth_prctl(PR_SET_DUMPABLE, 0, 0) }
    }

    /// Puts a seccomp filter on the calling thread, and on every thread and program that it starts from then on.
    ///
    /// It needs CAP_SYS_ADMIN, because `no_new_privs` stays off.
    ///
    /// - Parameter filter: classic BPF, 8 bytes an instruction (`struct sock_filter` of linux/filter.h).
    public static func load(filter: [UInt8]) throws(LinuxError) {
        var instructions = filter
        let result = instructions.withUnsafeMutableBytes { bytes in
            var program = sock_fprog(
                len: UInt16(bytes.count / MemoryLayout<sock_filter>.stride),
                filter: bytes.baseAddress?.assumingMemoryBound(to: sock_filter.self))
            return withUnsafePointer(to: &program) {
                berth_prctl(PR_SET_SECCOMP, UInt(SECCOMP_MODE_FILTER), UInt(bitPattern: $0))
            }
        }
        try check("load", "the seccomp filter") { result }
    }
}
