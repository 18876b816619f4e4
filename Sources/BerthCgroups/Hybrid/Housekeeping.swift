import BerthLinux
import Synchronization

/// What a hybrid host needs done that no task waits for: the cgroups in v1 of tasks that are over removed, and made ahead what the
/// next task can take.
///
/// A while after the removal of a memory cgroup the kernel walks two lists of every file system that is mounted, and holds the
/// lock that each start of a task takes: beside a thousand tasks for milliseconds. So it is removed in a lull.
final class Housekeeping: Sendable {
    private let controllers: [any HybridController]
    private let thread: LullThread<String>
    /// Tasks whose cgroups are being made.
    private let inTheMaking = Atomic(0)

    /// - Parameter leftovers: tasks that are over.
    init(_ controllers: [any HybridController], _ leftovers: Postponed<String>) throws(LinuxError) {
        self.controllers = controllers
        thread = try LullThread(name: "berth-cgroups", leftovers, rest: Self.rest) { id in
            controllers.allSatisfy { (try? $0.tasks[id].removeTree()) != nil }
        }
    }

    /// The cgroups of a task are to be made.
    func taskBegins() {
        thread.taskComes()
        inTheMaking.add(1, ordering: .relaxed)
    }

    /// They are made, or cannot be.
    func taskIsMade() { inTheMaking.subtract(1, ordering: .relaxed) }

    /// Has made ready what a task like the last can take. Where another one is being made meanwhile it is left to that one's call:
    /// it would wait for the same locks.
    func makeReady() {
        thread.soon { [weak self] in
            guard let self, inTheMaking.load(ordering: .relaxed) == 0 else { return }
            for controller in controllers { controller.makeReady() }
        }
    }

    /// Has the cgroups of a task in v1 removed, now or later.
    func remove(_ id: String) { thread.postpone(id) }

    /// The kernel does the most of a removal after a grace period of some milliseconds, on threads of its own. Without a rest
    /// between them a task that begins would find the work of many removals under way.
    private static let rest: Int32 = 10
}
