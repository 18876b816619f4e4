import CLinux
import Glibc
import SystemPackage

/// How openat2(2) may walk a path: RESOLVE_ flags of linux/openat2.h.
public enum Resolve {
    /// No mount point is crossed.
    public static let noMountPoints: UInt64 = 0x01
    /// The links of procfs that jump anywhere are refused.
    public static let noMagicLinks: UInt64 = 0x02
    /// Any symbolic link is refused.
    public static let noSymlinks: UInt64 = 0x04
    /// A walk that leaves the starting directory is refused.
    public static let beneath: UInt64 = 0x08
    /// The starting directory is the root: absolute links and `..` stay inside it.
    public static let inRoot: UInt64 = 0x10
}

extension OwnedDescriptor {
    /// Opens a path given as bytes, for names that need not be UTF-8 (those of images and of directory listings).
    ///
    /// O_CLOEXEC is added. The error is the kernel's word alone: the caller knows what the path is.
    public static func open(
        bytes path: UnsafePointer<CChar>, at directory: borrowing OwnedDescriptor, flags: Int32, mode: UInt32 = 0,
        resolve: UInt64 = 0
    ) throws(Errno) -> OwnedDescriptor {
        let all = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
        while true {
            let number = berth_openat2(directory.number, path, all, UInt64(mode), resolve)
            if number >= 0 { return OwnedDescriptor(owning: number) }
            let error = Errno.current
            // EAGAIN: somewhere on the machine a rename raced with the walk, and the kernel could not prove it safe.
            if error != .interrupted && error != .resourceTemporarilyUnavailable { throw error }
        }
    }
}
