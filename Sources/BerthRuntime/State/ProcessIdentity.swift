import BerthLinux
import CLinux
import Glibc

/// A process of the host as the kernel tells it from all others that had, or will have, its number.
enum ProcessIdentity {
    /// When a process began, in clock ticks since boot; nil when it is gone or a zombie.
    static func startTime(of pid: Int32) -> UInt64? {
        guard pid > 0, let text = try? SmallFile.read("/proc/\(pid)/stat") else { return nil }
        // The name is in parentheses and may hold anything; proc(5) counts the state as field 3, the start as 22.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }

    /// A descriptor of the process, if it still is the one that began then.
    static func open(_ pid: Int32, startTime: UInt64) -> OwnedDescriptor? {
        let descriptor = berth_pidfd_open(pid, 0)
        guard descriptor >= 0 else { return nil }
        let owned = OwnedDescriptor(owning: descriptor)
        // Asked for after the descriptor exists: the number cannot have passed on in between.
        guard Self.startTime(of: pid) == startTime else { return nil }
        return owned
    }
}
