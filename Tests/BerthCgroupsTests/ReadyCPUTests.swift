import BerthLinux
import Glibc
import Testing

@testable import BerthCgroups

@Suite(
    "A cpu cgroup made ahead", .serialized,
    .enabled(if: Workbench.isRoot && Workbench.isHybrid, "SKIPPED: needs root and v1"))
struct ReadyCPUTests {
    /// Where v1 has the cpu cgroups of a driver's tasks, gone at the end.
    private func withTasks(_ body: (CgroupDirectory) throws -> Void) throws {
        guard case .hybrid(_, let controllers) = try CgroupHost.detect() else { return }
        let path = try #require(controllers["cpu"]) + Workbench.uniqueRoot()
        let tasks = try CgroupDirectory.making(path)
        defer { do { try CgroupNode.removeRoot(path) } catch { Issue.record(error, "cgroups are left behind") } }
        try body(tasks)
    }

    private func limits(_ units: Int) -> TaskLimits { TaskLimits(cpuUnits: units, memoryBytes: 1 << 25, pids: 10) }

    private func waiting(in tasks: CgroupDirectory) throws -> [String] {
        try tasks.itself.children().filter { $0.hasPrefix(".") }
    }

    private func inode(_ node: CgroupNode) throws -> UInt {
        var status = stat()
        try #require(stat(node.path, &status) == 0)
        return UInt(status.st_ino)
    }

    @Test("has exactly the limits of one made on the spot", arguments: [1, 2, 256, 1024, 4096, 196_608])
    func limits(units: Int) throws {
        try withTasks { tasks throws in
            let cpu = HybridCPU(tasks: tasks)
            let first = cpu.giveReady(to: tasks["first"], limits(units))
            #expect(!first, "nobody can know what the first task is like")
            try tasks["spot"].make()
            try cpu.limit(tasks["spot"], limits(units))
            cpu.makeReady()
            let ready = try inode(tasks[#require(waiting(in: tasks).first)])
            let second = cpu.giveReady(to: tasks["ready"], limits(units))
            #expect(second)
            #expect(try inode(tasks["ready"]) == ready)
            for file in try tasks["spot"].files() where file.hasPrefix("cpu.") && file != "cpu.stat" {
                let (spot, ready) = (try? tasks["spot"].read(file), try? tasks["ready"].read(file))
                #expect(spot == ready, "\(file)")
            }
            var modes = (stat(), stat())
            stat(tasks["spot"].path, &modes.0)
            stat(tasks["ready"].path, &modes.1)
            #expect(modes.0.st_mode == modes.1.st_mode)
        }
    }

    @Test("is given once, to one task")
    func once() throws {
        try withTasks { tasks throws in
            let cpu = HybridCPU(tasks: tasks)
            _ = cpu.giveReady(to: tasks["a"], limits(256))
            cpu.makeReady()
            cpu.makeReady()
            #expect(try waiting(in: tasks).count == 1, "one waits, not two")
            let given = ["b", "c"].map { cpu.giveReady(to: tasks[$0], limits(256)) }
            #expect(given == [true, false])
            #expect(try tasks.itself.children() == ["b"])
        }
    }

    @Test("is for tasks of as many CPU units, and makes room when others are wanted twice")
    func otherUnits() throws {
        try withTasks { tasks throws in
            let cpu = HybridCPU(tasks: tasks)
            _ = cpu.giveReady(to: tasks["a"], limits(256))
            cpu.makeReady()
            let small = try waiting(in: tasks)
            let other = cpu.giveReady(to: tasks["b"], limits(512))
            #expect(!other)
            cpu.makeReady()
            #expect(try waiting(in: tasks) == small)
            _ = cpu.giveReady(to: tasks["c"], limits(512))
            cpu.makeReady()
            let large = try waiting(in: tasks)
            #expect(large.count == 1 && large != small)
            let given = [256, 512].map { cpu.giveReady(to: tasks["d"], limits($0)) }
            #expect(given == [false, true])
            #expect(try tasks["d"].read("cpu.cfs_quota_us") == "50000\n")
        }
    }

    @Test("that is gone, or whose new name is taken, is no harm: one is made")
    func fails() throws {
        try withTasks { tasks throws in
            let cpu = HybridCPU(tasks: tasks)
            _ = cpu.giveReady(to: tasks["a"], limits(256))
            cpu.makeReady()
            try tasks[#require(waiting(in: tasks).first)].removeTree()
            let gone = cpu.giveReady(to: tasks["b"], limits(256))
            #expect(!gone)
            cpu.makeReady()
            try tasks["taken"].make()
            let taken = cpu.giveReady(to: tasks["taken"], limits(256))
            #expect(!taken)
            #expect(try tasks.itself.children() == ["taken"])
        }
    }

    @Test("serves a driver's next task, is no task itself, and goes with the tree")
    func inDriver() throws {
        try withDriver { driver in
            let limits = limits(256)
            let first = try driver.createTask("first", limits: limits, containers: [ContainerLimits(name: "main")])
            let kernel = KernelView(driver: driver, task: first)
            let path = try kernel.directory("cpu")
            let tasks = try CgroupDirectory(String(path[..<#require(path.lastIndex(of: "/"))]))
            var number = 0
            try Workbench.waitUntil {
                driver.prepareNext()
                try Workbench.waitUntil { try waiting(in: tasks).count == 1 }
                let ready = try inode(tasks[#require(waiting(in: tasks).first)])
                number += 1
                let task = try driver.createTask(
                    "t\(number)", limits: limits,
                    containers: [ContainerLimits(name: "a", cpuUnits: 64), ContainerLimits(name: "b")])
                // It may have been seen while its limits were being written.
                guard try inode(tasks[task.id]) == ready else { return false }
                let kernel = KernelView(driver: driver, task: task)
                #expect(try kernel.bandwidth == "25000 100000")
                #expect(try tasks[task.id]["c-a"].read("cpu.shares") == "64\n")
                #expect(try Child("exit 7", in: task.containers[0]).end().status == 7)
                try driver.waitUntilEmpty(task.id)
                try driver.removeTask(task.id)
                #expect(task.directories.allSatisfy { access($0, F_OK) == -1 })
                return true
            }
            driver.prepareNext()
            try Workbench.waitUntil { try waiting(in: tasks).count == 1 }
            #expect(try driver.tasks().allSatisfy { !$0.hasPrefix(".") })
            for id in try driver.tasks() { try driver.removeTask(id) }
            try driver.dismantle()
            #expect(access(tasks.path, F_OK) == -1)
        }
    }
}
