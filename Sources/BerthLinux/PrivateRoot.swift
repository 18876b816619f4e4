import CLinux
import Glibc

/// A process whose whole file system is one directory.
public enum PrivateRoot {
    /// Leaves the host's namespaces (mounts, network, IPC, host name, cgroups) and makes `directory` the root of its own:
    /// no path leads out, `..` from an open directory below it neither. Nothing there can be run, no device be opened.
    ///
    /// Descriptors opened before still lead where they did, `directory` too: close it, and open `/` in its place. The
    /// calling process must have a single thread.
    public static func enter(_ directory: borrowing OwnedDescriptor) throws(LinuxError) {
        // While it still belongs to a mount of this process's namespace.
        let tree = try clone(directory)
        try forbidPrograms(on: tree)
        try check("leave", "the host's namespaces") { berth_syscall(Int(SYS_unshare), namespaces, 0, 0, 0, 0) }
        // Before anything is mounted, so that the host hears of nothing.
        try check("separate", "the host's mounts") { mount(nil, "/", nil, UInt(MS_REC | MS_PRIVATE), nil) }
        try change(to: tree)
    }

    /// Makes a detached mount the root of the mount namespace that the caller is alone in, and its only mount.
    static func change(to tree: borrowing OwnedDescriptor) throws(LinuxError) {
        let number = UInt(tree.number)
        try check("mount", "the directory as root") {
            withPaths("", "/") { empty, root in
                let here = UInt(bitPattern: Int(AT_FDCWD))
                return berth_syscall(Int(SYS_move_mount), number, empty, here, root, fromEmptyPath)
            }
        }
        try check("enter", "the new root") { fchdir(tree.number) }
        // Both names are the new root: the old one ends up on top of it and is taken off again (pivot_root(2)).
        try check("change", "the root") {
            withPaths(".", ".") { new, old in berth_syscall(Int(SYS_pivot_root), new, old, 0, 0, 0) }
        }
        try check("leave", "the old root") { umount2(".", Int32(MNT_DETACH)) }
        try check("enter", "the new root") { chdir("/") }
    }

    private static func clone(_ directory: borrowing OwnedDescriptor) throws(LinuxError) -> OwnedDescriptor {
        let number = UInt(directory.number)
        let flags = cloneTree | emptyPath | UInt(O_CLOEXEC)
        let tree = try check("clone", "the mount of the directory") {
            withPaths("", "") { path, _ in berth_syscall(Int(SYS_open_tree), number, path, flags, 0, 0) }
        }
        return OwnedDescriptor(owning: Int32(tree))
    }

    private static func forbidPrograms(on tree: borrowing OwnedDescriptor) throws(LinuxError) {
        let number = UInt(tree.number)
        // struct mount_attr: set (nosuid, nodev, noexec), clear, propagation, user namespace.
        let attributes: (UInt64, UInt64, UInt64, UInt64) = (0x2 | 0x4 | 0x8, 0, 0, 0)
        try check("restrict", "the mount of the directory") {
            withUnsafeBytes(of: attributes) { attributes in
                let start = UInt(bitPattern: attributes.baseAddress)
                return withPaths("", "") { path, _ in
                    berth_syscall(Int(SYS_mount_setattr), number, path, emptyPath, start, UInt(attributes.count))
                }
            }
        }
    }

    /// The addresses of two paths, for a raw system call.
    private static func withPaths(_ first: String, _ second: String, _ body: (UInt, UInt) -> Int) -> Int {
        first.withCString { first in
            second.withCString { second in body(UInt(bitPattern: first), UInt(bitPattern: second)) }
        }
    }

    // linux/sched.h: CLONE_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWNET; linux/mount.h: OPEN_TREE_CLONE,
    // MOVE_MOUNT_F_EMPTY_PATH; linux/fcntl.h: AT_EMPTY_PATH.
    private static let namespaces: UInt = 0x2_0000 | 0x200_0000 | 0x400_0000 | 0x800_0000 | 0x4000_0000
    private static let cloneTree: UInt = 0x1
    private static let fromEmptyPath: UInt = 0x4
    private static let emptyPath: UInt = 0x1000
}
