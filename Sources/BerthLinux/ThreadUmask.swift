import CLinux
import Glibc

/// The mask of permissions that new files are made without.
public enum ThreadUmask {
    /// Gives the calling thread a mask of its own, of no bits: what it makes has exactly the mode it asks for.
    ///
    /// The thread also gets a working directory of its own (unshare(2), CLONE_FS). For threads that end soon.
    public static func clear() throws(LinuxError) {
        try check("separate", "the thread's umask") { berth_unshare_fs() }
        umask(0)
    }
}
