import CLinux
import Glibc

/// Which mounts this process sees, and who sees those that it makes.
public enum MountNamespace {
    /// CLONE_NEWNS of linux/sched.h, which the Glibc module does not show.
    private static let newMounts: UInt = 0x2_0000

    /// Takes a mount namespace of its own that hears of the host's mounts and unmounts, and tells the host of none.
    ///
    /// Where the host does not share its mounts (mount_namespaces(7); systemd does), a copy would hear of nothing: a file
    /// system mounted later would be out of reach, and one unmounted later would stay busy. There the process stays in
    /// the host's namespace.
    ///
    /// The calling process must have a single thread.
    public static func separateIfShared() throws(LinuxError) {
        guard isRootShared(mountinfo: try SmallFile.read("/proc/self/mountinfo", limit: 64 << 20)) else { return }
        try check("separate", "the mount namespace") { berth_syscall(Int(SYS_unshare), newMounts, 0, 0, 0, 0) }
        try check("separate", "the host's mounts") { mount(nil, "/", nil, UInt(MS_REC | MS_SLAVE), nil) }
    }

    /// Whether the process's root is that of its mount namespace. Under chroot(2) it is not: who exchanges it for another there has
    /// the namespace's own mounts still.
    ///
    /// The calling process must have a single thread.
    public static func hasWholeRoot() throws(LinuxError) -> Bool {
        let here = try OwnedDescriptor.open(".", flags: O_RDONLY | O_DIRECTORY)
        let root = try OwnedDescriptor.open("/", flags: O_RDONLY | O_DIRECTORY)
        let namespace = try OwnedDescriptor.open("/proc/self/ns/mnt", flags: O_RDONLY)
        // Whoever enters a namespace, be it the own one, is at its root then (setns(2)).
        try check("enter", "the mount namespace") {
            berth_syscall(Int(SYS_setns), UInt(namespace.number), newMounts, 0, 0, 0)
        }
        let whole = try OwnedDescriptor.open("/", flags: O_RDONLY | O_DIRECTORY)
        try check("go back to", "the root") { fchdir(root.number) }
        try check("go back to", "the root") { chroot(".") }
        try check("go back to", "the working directory") { fchdir(here.number) }
        return try mountNumber(of: root) == mountNumber(of: whole)
    }

    /// The number of the mount that a file was opened on (proc_pid_fdinfo(5)).
    private static func mountNumber(of file: borrowing OwnedDescriptor) throws(LinuxError) -> Substring? {
        try SmallFile.read("/proc/self/fdinfo/\(file.number)").split(separator: "\n")
            .first { $0.hasPrefix("mnt_id:") }
    }

    /// A new one in which there is nothing: one mount in sight, of an empty directory that nobody can write to.
    ///
    /// It lives as long as its descriptor, or a process in it.
    public static func empty() throws(LinuxError) -> SharedDescriptor {
        try runOnThread(name: "berth-mounts") { () throws(LinuxError) in SharedDescriptor(try leaveAll()) }
    }

    /// Puts the calling thread, which never does anything else, into the new namespace.
    private static func leaveAll() throws(LinuxError) -> OwnedDescriptor {
        // A thread whose mounts are its own has a root and a working directory of its own too (unshare(2)).
        try check("make", "a mount namespace") { berth_syscall(Int(SYS_unshare), newMounts, 0, 0, 0, 0) }
        let namespace = try OwnedDescriptor.open("/proc/thread-self/ns/mnt", flags: O_RDONLY)
        try check("separate", "the host's mounts") { mount(nil, "/", nil, UInt(MS_REC | MS_PRIVATE), nil) }
        try PrivateRoot.change(to: try DetachedMount.emptyDirectory())
        return namespace
    }

    /// Whether the topmost mount at `/` is one of a peer group (proc_pid_mountinfo(5), "optional fields").
    static func isRootShared(mountinfo: String) -> Bool {
        let root = mountinfo.split(separator: "\n").map { $0.split(separator: " ") }
            .last { $0.count > 6 && $0[4] == "/" }
        return root?.dropFirst(6).prefix { $0 != "-" }.contains { $0.hasPrefix("shared:") } ?? false
    }
}
