import BerthCgroups
import BerthLinux
import Glibc
import Synchronization
import Testing

/// The driver that fits this host, below a root of this test's own that is gone at the end, whatever happened.
func withDriver(_ body: (any CgroupDriver) throws -> Void) throws {
    try withDriver(root: Workbench.uniqueRoot(), body)
}

func withDriver(root: String, _ body: (any CgroupDriver) throws -> Void) throws {
    let driver = try makeDriver(root: root)
    defer { Workbench.clean(driver) }
    try driver.prepare()
    try body(driver)
}

enum Workbench {
    private static let serial = Atomic(0)

    static func uniqueRoot() -> String {
        "/berth-test-\(getpid())-\(serial.add(1, ordering: .relaxed).newValue)"
    }

    /// Cgroups need root; a host without any is told apart from a driver that does not work by ``CgroupHost/detect()``.
    static let isRoot = geteuid() == 0

    /// Whether limits are in v1 here.
    static let isHybrid = if case .hybrid = try? CgroupHost.detect() { true } else { false }

    static func clean(_ driver: any CgroupDriver) {
        for id in (try? driver.tasks()) ?? [] {
            try? driver.thaw(id)
            try? driver.kill(id)
            _ = try? waitUntil { try !driver.isPopulated(id) }
            do { try driver.removeTask(id) } catch { Issue.record(error, "a task is left behind") }
        }
        do { try driver.dismantle() } catch { Issue.record(error, "cgroups are left behind") }
    }

    /// Polls until something is so; gives up after a time no sane run needs.
    static func waitUntil(seconds: Int = 60, _ condition: () throws -> Bool) throws {
        for _ in 0..<(seconds * 1000) {
            if try condition() { return }
            usleep(1000)
        }
        throw TimedOut()
    }

    /// Waits until what is frozen uses no CPU: it is told as frozen a moment before it leaves its own.
    static func waitUntilOffCPU(_ nodes: [TaskCgroup.Node]) throws {
        for node in nodes {
            try SmallFile.read(node.lifecycle + "/cgroup.procs").split(separator: "\n").forEach(waitUntilOffCPU)
        }
    }

    /// Waits until a process that stands still, or is dead, has left its CPU: its time is counted to the end then. The
    /// kernel looks for that before it shows the call of another process (`task_current_syscall`).
    static func waitUntilOffCPU(_ process: some StringProtocol) throws {
        try waitUntil { try SmallFile.read("/proc/\(process)/syscall") != "running\n" }
    }

    struct TimedOut: Error {}
}

extension TaskLimits {
    /// Enough for whatever is not the subject of a test.
    static let roomy = TaskLimits(cpuUnits: 1024, memoryBytes: 256 << 20, pids: 100)
}

extension CgroupDriver {
    /// Waits for the end of every process of a task.
    func waitUntilEmpty(_ id: String) throws {
        try Workbench.waitUntil { try !isPopulated(id) }
    }

    func usage(of id: String) throws -> TaskUsage { usage(from: try counters(id)) }
}
