import CLinux
import Glibc

/// A file in memory without a name.
public enum AnonymousFile {
    /// Makes an empty one; `name` shows in `/proc/PID/fd` only.
    public static func make(name: String) throws(LinuxError) -> OwnedDescriptor {
        let closeOnExec: UInt32 = 0x1  // MFD_CLOEXEC
        return OwnedDescriptor(owning: try check("make memfd", name) { berth_memfd_create(name, closeOnExec) })
    }
}
