import BerthLinux
import CBerthLaunch
import CBerthPlan
import Glibc
import Synchronization

/// Starts shims, and keeps a few ahead: a launch then waits for none to start.
///
/// Those ahead are clones of one that never takes work. What a program's start costs most, where a hypervisor answers each
/// CPUID, is the C library's look at the processor.
final class Shims: Sendable {
    /// The shim's executable, sealed: an upgrade on disk touches no running daemon, a container can overwrite nothing.
    private let executable: SharedDescriptor
    /// Of shims that are children of this process. An adopted one is another's child.
    private let reaper: Reaper
    /// The connections of those that wait for work. They end when theirs does: with this process, if not before.
    private let ahead = Mutex<[SharedDescriptor]>([])
    /// An idle one holds less than 100 KiB.
    private static let mostAhead = 4
    /// The connection of the shim that those are clones of; nil until it is needed, and when it was killed.
    private let template = Mutex<SharedDescriptor?>(nil)
    /// Milliseconds; an answer takes a fraction of one.
    private static let patience: Int32 = 1000

    init(executable: SharedDescriptor, reaper: Reaper) {
        self.executable = executable
        self.reaper = reaper
    }

    /// Has a shim carry out a plan: one that waits, or one that is spawned now.
    ///
    /// - Parameters:
    ///   - title: shown by ps(1) as its argument, up to 32 bytes.
    ///   - descriptors: from `BERTH_FD_PLAN` on, as `berth_plan.h` names them; copies are sent.
    func start(_ title: String, _ descriptors: [Int32]) throws(LinuxError) {
        // One that was killed meanwhile takes no work.
        while let waiting = ahead.withLock({ $0.popLast() }) {
            if Self.give(waiting, title, descriptors) { return }
        }
        guard Self.give(try spawn(), title, descriptors) else {
            throw LinuxError("start", "berth-shim \(title)", errno: .current)
        }
    }

    /// Keeps one more ahead, for the next task. One that cannot be made now is spawned when it is needed.
    func prepareNext() {
        guard ahead.withLock({ $0.count < Self.mostAhead }), let fresh = clone() ?? (try? spawn()) else { return }
        // Others may have made theirs meanwhile; one too many ends with its connection.
        ahead.withLock { if $0.count < Self.mostAhead { $0.append(fresh) } }
    }

    private func spawn() throws(LinuxError) -> SharedDescriptor {
        let connection = try SocketPair()
        let title = String(repeating: "-", count: Int(BERTH_TITLE))
        reaper.reap(
            try Spawn.run(
                "/proc/self/fd/\(BERTH_FD_EXECUTABLE)", arguments: ["berth-shim", title],
                descriptors: [connection.theirs.number, executable.number]))
        return SharedDescriptor(try connection.ours.copy())
    }

    /// Another of the template's kind; nil when there is none to be had now.
    private func clone() -> SharedDescriptor? {
        guard let connection = try? SocketPair(), let ours = try? connection.ours.copy() else { return nil }
        let process: pid_t = template.withLock { template in
            guard let maker = template ?? (try? spawn()) else { return -1 }
            var process: pid_t = -1
            let size = MemoryLayout<pid_t>.size
            // One that was killed answers nothing, one that was stopped not in time: the next call makes another.
            let answers =
                // See `BERTH_TITLE`.
                berth_send(maker.number, "-", 1, 0, [connection.theirs.number], 1) == 0
                && LocalSocket.isReadable(maker.number, milliseconds: Self.patience)
                && berth_receive(maker.number, &process, size, 0, nil, 0) == size
            template = answers ? maker : nil
            return process
        }
        guard process > 0 else { return nil }
        reaper.reap(process)
        return SharedDescriptor(ours)
    }

    private static func give(_ shim: SharedDescriptor, _ title: String, _ descriptors: [Int32]) -> Bool {
        let text = Array(title.utf8.prefix(Int(BERTH_TITLE)))
        let message = text + Array(repeating: 0, count: Int(BERTH_TITLE) - text.count)
        return berth_send(shim.number, message, message.count, 0, descriptors, UInt32(descriptors.count)) == 0
    }
}
