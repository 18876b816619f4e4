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

    /// Whether the topmost mount at `/` is one of a peer group (proc_pid_mountinfo(5), "optional fields").
    static func isRootShared(mountinfo: String) -> Bool {
        let root = mountinfo.split(separator: "\n").map { $0.split(separator: " ") }
            .last { $0.count > 6 && $0[4] == "/" }
        return root?.dropFirst(6).prefix { $0 != "-" }.contains { $0.hasPrefix("shared:") } ?? false
    }
}
