import CLinux
import Glibc

/// A procfs of one's own that is mounted nowhere, and ends with its descriptor.
///
/// What anybody looked for in network namespaces' settings one procfs keeps in memory under the same few names. Among a
/// thousand namespaces each search for those of another takes a quarter of a millisecond there, and next to nothing in a new one.
public enum DetachedProcfs {
    /// EPERM for those who may not mount it.
    public static func make() throws(LinuxError) -> OwnedDescriptor {
        let closed: UInt = 1  // FSOPEN_CLOEXEC and FSMOUNT_CLOEXEC of linux/mount.h
        let create: UInt = 6  // FSCONFIG_CMD_CREATE
        let context = OwnedDescriptor(
            owning: Int32(
                try check("make", "procfs") {
                    "proc".withCString { berth_syscall(Int(SYS_fsopen), UInt(bitPattern: $0), closed, 0, 0, 0) }
                }))
        let number = UInt(context.number)
        try check("make", "procfs") { berth_syscall(Int(SYS_fsconfig), number, create, 0, 0, 0) }
        return OwnedDescriptor(
            owning: Int32(try check("make", "procfs") { berth_syscall(Int(SYS_fsmount), number, closed, 0, 0, 0) }))
    }
}
