import CLinux
import Glibc

/// The network namespace that a thread is in (network_namespaces(7)).
///
/// One that is made belongs to the user namespace of the process that made it: root of another, such as a container's,
/// has no power over it.
public enum NetworkNamespace {
    /// CLONE_NEWNET of linux/sched.h, which the Glibc module does not show.
    private static let newNetwork: UInt = 0x4000_0000

    /// Puts the calling thread into a new one, with a loopback link that is down and nothing else.
    public static func enterNew() throws(LinuxError) {
        try check("make", "a network namespace") { berth_syscall(Int(SYS_unshare), newNetwork, 0, 0, 0, 0) }
    }

    /// The one that the calling thread is in: it lives as long as the descriptor, or a process in it.
    public static func current() throws(LinuxError) -> OwnedDescriptor {
        try OwnedDescriptor.open("/proc/thread-self/ns/net", flags: O_RDONLY)
    }

    /// Puts the calling thread into another.
    public static func enter(_ namespace: Int32) throws(LinuxError) {
        try check("enter", "network namespace") {
            berth_syscall(Int(SYS_setns), UInt(bitPattern: Int(namespace)), newNetwork, 0, 0, 0)
        }
    }
}
