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

    /// A counter of what is frozen: it is counted as such a moment before its CPU is counted to the end.
    static func settled<Value: Equatable>(_ read: () throws -> Value) throws -> Value {
        var last = try read()
        try waitUntil {
            let before = last
            usleep(10_000)
            last = try read()
            return last == before
        }
        return last
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
