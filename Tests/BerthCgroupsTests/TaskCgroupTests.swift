import BerthCgroups
import BerthLinux
import Glibc
import Testing

@Suite("The cgroups of a task", .enabled(if: Workbench.isRoot, "cgroups need root"))
struct TaskCgroupTests {
    @Test("are found again by its id, as they were made", arguments: [nil, 512])
    func found(units: Int?) throws {
        try withDriver { driver in
            let containers = [
                ContainerLimits(name: "web", cpuUnits: units), ContainerLimits(name: "a", memoryBytes: 64 << 20),
            ]
            let made = try driver.createTask("one", limits: .roomy, containers: containers)
            #expect(try driver.cgroup(of: "one") == made)
        }
    }

    @Test(
        "are one in v1 memory for a task of one container: the smaller limit holds, and kills are counted",
        .enabled(if: Workbench.isHybrid, "SKIPPED: in v2 a program sees the limit of its container"),
        arguments: [(UInt64(32), UInt64(256)), (256, 32)])
    func alone(container: UInt64, task: UInt64) throws {
        try withDriver { driver in
            let made = try driver.createTask(
                "one", limits: TaskLimits(cpuUnits: 1024, memoryBytes: task << 20, pids: 10),
                containers: [
                    ContainerLimits(
                        name: "main", cpuUnits: 256, memoryBytes: container << 20, memoryReservationBytes: 16 << 20)
                ])
            let kernel = KernelView(driver: driver, task: made)
            #expect(made.directories.filter { $0.contains("/c-") }.isEmpty)
            #expect(try kernel.memoryLimit == String(32 << 20))
            #expect(try kernel.read("memory.soft_limit_in_bytes", of: "memory") == String(16 << 20))
            #expect(try kernel.read("cpu.shares", of: "cpu") == "1024", "the task's")
            let hog = try Child(Self.eat128MiB, in: made.containers[0])
            #expect(hog.end().status == -SIGKILL)
            #expect(try driver.usage(of: "one").containerOOMKills == [0: 1])
            let statistics = try #require(driver.statistics("one")["main"]?.memory)
            #expect(statistics.memory.limit == 32 << 20)
            #expect(statistics.oomKills == 1)
        }
    }

    @Test(
        "are found, read and removed as an earlier release made them: with one in v1 memory for an only container",
        .enabled(if: Workbench.isHybrid, "SKIPPED: v1 alone"))
    func earlier() throws {
        try withDriver { driver in
            let made = try driver.createTask("one", limits: .roomy, containers: [ContainerLimits(name: "main")])
            let own = try KernelView(driver: driver, task: made).directory("memory") + "/c-main"
            try #require(mkdir(own, 0o755) == 0)
            try SmallFile.write(String(32 << 20), to: own + "/memory.limit_in_bytes")

            let found = try driver.cgroup(of: "one")
            #expect(found.containers[0].joins.contains(own + "/tasks"))
            #expect(found.directories.contains(own))
            let hog = try Child(Self.eat128MiB, in: found.containers[0])
            #expect(hog.end().status == -SIGKILL)
            let usage = try driver.usage(of: "one")
            #expect(usage.containerOOMKills == [0: 1])
            #expect(usage.oomKills == 1)
            #expect(try driver.statistics("one")["main"]?.memory?.memory.limit == 32 << 20)
            try driver.waitUntilEmpty("one")
            try driver.removeTask("one")
            #expect(access(own, F_OK) == -1)
        }
    }

    private static let eat128MiB = "exec dd if=/dev/zero of=/dev/null bs=128M count=1 2>/dev/null"

    @Test("are not there for a task that has none")
    func missing() throws {
        try withDriver { driver in
            let error = #expect(throws: LinuxError.self) { try driver.cgroup(of: "none") }
            #expect(error?.errno == .noSuchFileOrDirectory)
        }
    }
}
