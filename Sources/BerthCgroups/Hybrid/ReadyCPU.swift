import BerthLinux
import Synchronization

/// A cpu cgroup in v1 that waits for the next task, with the limits of the last one written.
///
/// For a quota the kernel walks the cpu cgroups of the whole host: beside a thousand tasks half a millisecond. In v1 a cgroup
/// can be renamed; so that is done ahead, and a task that has the same limits gives the one that waits its name.
final class ReadyCPU: Sendable {
    private struct State {
        var waiting: (node: CgroupNode, units: Int)?
        /// The CPU units of the last task.
        var wanted: Int?
        /// Whether the task before it had as many.
        var isWantedAgain = false
    }
    private let state = Mutex(State())
    private let tasks: CgroupDirectory

    init(tasks: CgroupDirectory) { self.tasks = tasks }

    /// Makes the one that waits the task's own.
    ///
    /// - Returns: false when none waits that has these limits: then the task needs one made.
    func give(to task: CgroupNode, units: Int) -> Bool {
        let given = state.withLock { state -> CgroupNode? in
            state.isWantedAgain = state.wanted == units
            state.wanted = units
            guard let waiting = state.waiting, waiting.units == units else { return nil }
            state.waiting = nil
            return waiting.node
        }
        guard let given else { return false }
        do throws(LinuxError) {
            try given.rename(to: task)
            return true
        } catch {
            try? given.removeTree()
            return false
        }
    }

    /// Makes one for a task like the last, unless it waits already. One for another kind of task is only replaced when its kind
    /// was not wanted twice: where kinds take turns, half of them find theirs.
    ///
    /// To be called by one thread. What fails here is done when a task needs it.
    func makeReady() {
        let (units, unwanted) = state.withLock { state -> (Int?, CgroupNode?) in
            guard let wanted = state.wanted, state.waiting?.units != wanted else { return (nil, nil) }
            guard state.waiting == nil || state.isWantedAgain else { return (nil, nil) }
            defer { state.waiting = nil }
            return (wanted, state.waiting?.node)
        }
        try? unwanted?.removeTree()
        guard let units else { return }
        let node = tasks[Self.newName()]
        do throws(LinuxError) {
            try node.make()
            try HybridCPU.limit(node, units: units)
            state.withLock { $0.waiting = (node, units) }
        } catch {
            try? node.removeTree()
        }
    }

    /// Names that no task can have (``CgroupName``), each used once: what waits under one has the limits that were written for it.
    /// One that an earlier process left is removed with what it left of tasks.
    private static func newName() -> String { "\(prefix)\(serial.add(1, ordering: .relaxed).newValue)" }
    static func isName(_ name: String) -> Bool { name.hasPrefix(prefix) }
    private static let prefix = ".ready-"
    private static let serial = Atomic(0)
}
