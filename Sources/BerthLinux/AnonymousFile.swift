import CLinux
import Glibc

/// A file in memory without a name.
public enum AnonymousFile {
    /// Makes an empty one; `name` shows in `/proc/PID/fd` and `/proc/PID/maps` only.
    ///
    /// - Parameter executable: whether it is a program. Since Linux 6.3 that must be said either way: a host with
    ///   `vm.memfd_noexec` 2 refuses a file that does not say it is none.
    public static func make(name: String, executable: Bool = false) throws(LinuxError) -> OwnedDescriptor {
        let flags: UInt32 = 0x1 | 0x2  // MFD_CLOEXEC, MFD_ALLOW_SEALING
        let purpose: UInt32 = executable ? 0x10 : 0x8  // MFD_EXEC, MFD_NOEXEC_SEAL
        var number = berth_memfd_create(name, flags | purpose)
        if number < 0 && errno == EINVAL { number = berth_memfd_create(name, flags) }
        return OwnedDescriptor(owning: try check("make memfd", name) { number })
    }
}
