import CLinux
import Glibc

/// The mask of permissions that new files are made without.
public enum ThreadUmask {
    /// CLONE_FS of linux/sched.h, which the Glibc module does not show.
    private static let ownDirectories: UInt = 0x200

    /// Gives the calling thread a mask of its own, of no bits: what it makes has exactly the mode it asks for.
    ///
    /// The thread also gets a working directory of its own (unshare(2), CLONE_FS). For threads that end soon.
    public static func clear() throws(LinuxError) {
        try check("separate", "the thread's umask") { berth_syscall(Int(SYS_unshare), ownDirectories, 0, 0, 0, 0) }
        umask(0)
    }
}
