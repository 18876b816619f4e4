import BerthLinux
import Glibc
import Testing

@testable import BerthCgroups

/// Limits are what the kernel enforces, tried with processes that want more.
extension ContractTests {
    @Test("sets the limits that the kernel then shows")
    func limits() throws {
        try withDriver { driver in
            let limits = TaskLimits(cpuUnits: 512, memoryBytes: 64 << 20 + 100, pids: 17)
            let task = try driver.createTask("t", limits: limits, containers: [ContainerLimits(name: "main")])
            let kernel = KernelView(driver: driver, task: task)
            #expect(try kernel.bandwidth == "50000 100000")
            #expect(try kernel.memoryLimit == String(64 << 20), "to the page")
            #expect(try kernel.read("pids.max", of: "pids") == "17")
            let share =
                try kernel.isUnified ? kernel.read("cpu.weight", of: "cpu") : kernel.read("cpu.shares", of: "cpu")
            #expect(share == (kernel.isUnified ? "50" : "512"))
        }
    }

    @Test("gives a task its share of a CPU, and not more")
    func cpuShare() throws {
        try withDriver { driver in
            let limits = TaskLimits(cpuUnits: 256, memoryBytes: 64 << 20, pids: 10)
            let task = try driver.createTask("t", limits: limits, containers: [ContainerLimits(name: "main")])
            let kernel = KernelView(driver: driver, task: task)
            let first = try Child("while :; do :; done", in: task.containers[0])
            let second = try Child("while :; do :; done", in: task.containers[0])
            defer { try? driver.kill("t") }

            // Time is counted in the kernel's own enforcement periods of 100 ms, 20 of them. A period in which the task was
            // throttled is one of which it had its whole share; on a busy machine it may get less than that in others,
            // but in none more. A stalled machine can overdraw one period and repays it in the next.
            let quota = 25_000.0
            let begin = try nextPeriod(driver, kernel)
            var used = 0.0
            var (share, most) = (0.0, 0.0)
            for window in 1...20 where !(0.95 * share...1.05 * most).contains(used) || share == 0 {
                var end = begin
                while end.periods < begin.periods + 20 * window { end = try nextPeriod(driver, kernel) }
                used = Double(end.usec - begin.usec)
                share = Double(end.throttled - begin.throttled) * quota
                most = Double(end.periods - begin.periods) * quota
            }
            #expect(share > 0 && used >= 0.95 * share)
            #expect(used <= 1.05 * most)
            #expect(try #require(driver.usage(of: "t").throttledUsec) > 0)
            try driver.kill("t")
            #expect(first.end().status == -SIGKILL)
            #expect(second.end().status == -SIGKILL)
        }
    }

    private struct Moment {
        var periods: Int
        var throttled: Int
        var usec: UInt64
    }

    /// Right after a period has begun.
    private func nextPeriod(_ driver: any CgroupDriver, _ kernel: KernelView) throws -> Moment {
        let before = try kernel.key("nr_periods", in: "cpu.stat", of: "cpu")
        var (periods, throttled) = (0, 0)
        try Workbench.waitUntil {
            let stat = try SmallFile.read(kernel.directory("cpu") + "/cpu.stat")
            periods = try Int(#require(Keyed.value("nr_periods", in: stat)))
            throttled = try Int(#require(Keyed.value("nr_throttled", in: stat)))
            return periods > before
        }
        return Moment(
            periods: periods, throttled: throttled,
            usec: try #require(try driver.usage(of: kernel.task.id).cpuUsec))
    }

    @Test("kills a container that exceeds its own memory, counts it there, and lets its neighbours live")
    func containerMemory() throws {
        try withDriver { driver in
            let task = try driver.createTask(
                "t", limits: .roomy,
                containers: [ContainerLimits(name: "web"), ContainerLimits(name: "app", memoryBytes: 32 << 20)])
            let neighbour = try Child("exec sleep 1000", in: task.containers[0])
            let hog = try Child(Self.eat128MiB, in: task.containers[1])
            #expect(hog.end().status == -SIGKILL)
            #expect(kill(neighbour.pid, 0) == 0)
            let usage = try driver.usage(of: "t")
            #expect(usage.containerOOMKills[0] == 0)
            expectOneKill(usage, container: 1)
            let peak = try #require(usage.memoryPeakBytes)
            #expect(peak >= 30 << 20, "what a container uses is the task's too")
            try driver.kill("t")
            #expect(neighbour.end().status == -SIGKILL)
        }
    }

    @Test(
        "kills the only container of a task that exceeds the task's memory, and counts it",
        arguments: [nil, UInt64(32 << 20)])
    func taskMemory(container: UInt64?) throws {
        try withDriver { driver in
            let limits = TaskLimits(cpuUnits: 1024, memoryBytes: 32 << 20, pids: 10)
            let task = try driver.createTask(
                "t", limits: limits, containers: [ContainerLimits(name: "main", memoryBytes: container)])
            #expect(try Child(Self.eat128MiB, in: task.containers[0]).end().status == -SIGKILL)
            let usage = try driver.usage(of: "t")
            expectOneKill(usage, container: 0)
            let peak = try #require(usage.memoryPeakBytes)
            #expect(peak <= 32 << 20 && peak >= 24 << 20)
        }
    }

    /// v2 ends the container as a group, and some kernels count its first victim twice.
    private func expectOneKill(_ usage: TaskUsage, container: Int) {
        let kills = usage.containerOOMKills[container]
        #expect(kills == 1 || kills == 2)
        #expect(usage.oomKills == kills)
    }

    /// dd fills a buffer of that size.
    private static let eat128MiB = "exec dd if=/dev/zero of=/dev/null bs=128M count=1 2>/dev/null"

    @Test("stops a task from having more processes than it may")
    func pids() throws {
        try withDriver { driver in
            let limits = TaskLimits(cpuUnits: 1024, memoryBytes: 64 << 20, pids: 8)
            let task = try driver.createTask("t", limits: limits, containers: [ContainerLimits(name: "main")])
            let kernel = KernelView(driver: driver, task: task)
            let shell = try Child(
                "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1000 & done 2>/dev/null", in: task.containers[0])
            #expect(shell.end().status != 0, "the shell gives up when it cannot fork")
            #expect(try kernel.processes == 7)
            #expect(try kernel.key("max", in: "pids.events", of: "pids") >= 1)
            if let peak = try driver.usage(of: "t").pidsPeak { #expect(peak == 8) }
        }
    }
}
