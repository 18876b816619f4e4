import BerthLinux
import Glibc
import Testing

@testable import BerthCgroups

/// To the page, to the kill and to the microsecond: what is limited and counted is what the kernel says.
extension ContractTests {
    @Test("lets a task have its memory to the page, and not a page more")
    func memoryToThePage() throws {
        try withDriver { driver in
            let bytes = UInt64(32 << 20) + UInt64(getpagesize())
            // Not a whole page more is no page more.
            let limits = TaskLimits(cpuUnits: 1024, memoryBytes: bytes + 100, pids: 10)
            let task = try driver.createTask("t", limits: limits, containers: [ContainerLimits(name: "main")])
            #expect(try KernelView(driver: driver, task: task).memoryLimit == String(bytes))
            let hog = try Child("exec dd if=/dev/zero of=/dev/null bs=128M count=1", in: task.containers[0])
            #expect(hog.end().status == -SIGKILL)
            #expect(try driver.usage(of: "t").memoryPeakBytes == bytes)
        }
    }

    @Test("tells of a child that was killed for memory, at its container alone")
    func killedChild() throws {
        try withDriver { driver in
            let task = try driver.createTask(
                "t", limits: .roomy,
                containers: [ContainerLimits(name: "web"), ContainerLimits(name: "app", memoryBytes: 32 << 20)])
            let parent = try Child(
                "dd if=/dev/zero of=/dev/null bs=128M count=1; [ $? = 137 ] && exit 42",
                in: task.containers[1])
            // v2 ends the container as a whole, v1 has no such rule.
            #expect(parent.end().status == (driver.name == "unified" ? -SIGKILL : 42))
            // Who is waited for ends while the kernel still goes through the rest of its container, and counts.
            try driver.waitUntilEmpty("t")
            let usage = try driver.usage(of: "t")
            #expect(usage.containerOOMKills[0] == 0)
            #expect(try #require(usage.containerOOMKills[1]) >= 1)
            #expect(usage.oomKills == usage.containerOOMKills[1])
        }
    }

    @Test("counts exactly what the kernel shows")
    func exactCounters() throws {
        try withDriver { driver in
            let limits = TaskLimits(cpuUnits: 128, memoryBytes: 64 << 20, pids: 10)
            let task = try driver.createTask(
                "t", limits: limits, containers: ["a", "b"].map { ContainerLimits(name: $0) })
            let spinning = "while :; do :; done"
            let first = try Child(spinning, in: task.containers[0])
            let second = try Child(spinning, in: task.containers[1])
            try Workbench.waitUntil { try (driver.usage(of: "t").throttledUsec ?? 0) > 0 }
            try driver.freeze("t")
            try Workbench.waitUntilOffCPU(task.containers)
            let kernel = KernelView(driver: driver, task: task)
            var (usage, parts, stat) = (TaskUsage(), [UInt64](), "")
            var (throttled, peak) = (0, "")
            // The time that it is throttled for is counted when its next period begins, also while it is frozen.
            try Workbench.waitUntil {
                usage = try driver.usage(of: "t")
                parts = try task.cpuUsecByContainer
                stat = try SmallFile.read(try #require(task.removals.last) + "/cpu.stat")
                throttled =
                    try kernel.isUnified
                    ? kernel.key("throttled_usec", in: "cpu.stat", of: "cpu")
                    : kernel.key("throttled_time", in: "cpu.stat", of: "cpu") / 1000
                peak = try kernel.read(
                    kernel.isUnified ? "memory.peak" : "memory.max_usage_in_bytes", of: "memory")
                return try driver.usage(of: "t") == usage
            }
            #expect(usage.cpuUsec == Keyed.value("usage_usec", in: stat))
            #expect(usage.cpuUserUsec == Keyed.value("user_usec", in: stat))
            #expect(usage.cpuSystemUsec == Keyed.value("system_usec", in: stat))
            #expect(usage.throttledUsec == UInt64(throttled))
            #expect(usage.memoryPeakBytes == UInt64(peak))
            // What the containers used is what the task used.
            let whole = try #require(usage.cpuUsec)
            #expect(parts.reduce(0, +) <= whole && whole <= parts.reduce(0, +) + UInt64(parts.count))

            try driver.kill("t")
            #expect(first.end().status == -SIGKILL)
            #expect(second.end().status == -SIGKILL)
        }
    }

    @Test("divides a CPU among the containers of a task by their units")
    func weights() throws {
        try withDriver { driver in
            // More than there is, so that only the containers stand in each other's way.
            let limits = TaskLimits(cpuUnits: 1 << 17, memoryBytes: 64 << 20, pids: 10)
            let containers = [("small", 256), ("large", 768)].map { ContainerLimits(name: $0.0, cpuUnits: $0.1) }
            let task = try driver.createTask("t", limits: limits, containers: containers)
            let spinning = "taskset -p 1 $$ >/dev/null || exit 98; while :; do :; done"
            let small = try Child(spinning, in: task.containers[0])
            let large = try Child(spinning, in: task.containers[1])
            defer { try? driver.kill("t") }
            for child in [small.pid, large.pid] {
                try Workbench.waitUntil { try SmallFile.read("/proc/\(child)/status").contains("Cpus_allowed:\t1\n") }
            }
            let begin = try task.cpuUsecByContainer
            var share = 0.0
            // The scheduler is fair over time; the more of it, the closer.
            for window in 1...20 where !(0.23...0.27).contains(share) {
                var parts = [UInt64]()
                repeat {
                    usleep(10_000)
                    parts = zip(try task.cpuUsecByContainer, begin).map { $0 - $1 }
                } while parts[0] + parts[1] < UInt64(window) * 500_000
                share = Double(parts[0]) / Double(parts[0] + parts[1])
            }
            #expect((0.23...0.27).contains(share), "256 of 1024")
            try driver.kill("t")
            #expect(small.end().status == -SIGKILL)
            #expect(large.end().status == -SIGKILL)
        }
    }
}
