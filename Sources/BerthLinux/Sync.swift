import CLinux
import Glibc

extension OwnedDescriptor {
    /// Writes all that is changed on this descriptor's file system to its disk, and waits for it (syncfs(2)).
    public func syncFileSystem(_ subject: @autoclosure () -> String) throws(LinuxError) {
        try check("write to disk the file system of", subject()) {
            berth_syscall(Int(SYS_syncfs), UInt(number), 0, 0, 0, 0)
        }
    }
}
