import BerthLinux
import CLinux
import Glibc
import Synchronization

/// Waits in the background for the ends of child processes, so that none stays a zombie.
final class Reaper: Sendable {
    private let poller: Poller
    private let open: @Sendable (pid_t) -> CInt
    /// Those that cannot be watched, for want of descriptors; they are asked after whenever another comes.
    private let unwatched = Mutex<[pid_t]>([])

    /// - Parameter open: makes a pidfd of a process; -1 when that fails. Another than the kernel's only to try what happens
    ///   then.
    init(poller: Poller, open: @escaping @Sendable (pid_t) -> CInt = { berth_pidfd_open($0, 0) }) {
        self.poller = poller
        self.open = open
    }

    func reap(_ process: pid_t) {
        unwatched.withLock { $0.removeAll(where: Self.hasEnded) }
        let pidfd = open(process)
        do throws(LinuxError) {
            guard pidfd >= 0 else { throw LinuxError("watch", "process \(process)", errno: .current) }
            try poller.watch(OwnedDescriptor(owning: pidfd)) { !Self.hasEnded(process) }
        } catch {
            unwatched.withLock { $0.append(process) }
        }
    }

    /// Whether it is reaped, now or before.
    @Sendable private static func hasEnded(_ process: pid_t) -> Bool { waitpid(process, nil, WNOHANG) != 0 }
}
