import BerthLinux
import Glibc
import Testing

@testable import BerthCgroups

/// From the first process to the last counter.
extension ContractTests {
    private static let forkBomb = "bomb() { bomb & bomb & while :; do :; done; }; bomb 2>/dev/null"

    @Test("ends a fork bomb with one kill")
    func forkBomb() throws {
        try withDriver { driver in
            try kill(Self.forkBomb, with: driver) { try driver.kill("t") }
        }
    }

    @Test("ends a fork bomb on a kernel without cgroup.kill too")
    func forkBombFrozen() throws {
        try withDriver { driver in
            try kill(Self.forkBomb, with: driver) {
                let lifecycle = try #require(driver as? any LifecycleDriver)
                try lifecycle.lifecycleTasks()["t"].killFrozen()
            }
        }
    }

    private func kill(_ script: String, with driver: any CgroupDriver, by end: () throws -> Void) throws {
        let limits = TaskLimits(cpuUnits: 512, memoryBytes: 128 << 20, pids: 40)
        let task = try driver.createTask("t", limits: limits, containers: [ContainerLimits(name: "main")])
        let kernel = KernelView(driver: driver, task: task)
        let child = try Child(script, in: task.containers[0])
        try Workbench.waitUntil { try kernel.processes >= 30 }
        try end()
        let status = child.end().status
        #expect(status == -SIGKILL || status == 2, "2: the first shell had already failed to fork")
        try driver.waitUntilEmpty("t")
        try driver.removeTask("t")
        #expect(try driver.tasks() == [])
    }

    @Test("freezes a task, which then uses nothing, and lets it go on")
    func freeze() throws {
        try withDriver { driver in
            let task = try driver.createTask("t", limits: .roomy, containers: [ContainerLimits(name: "main")])
            let child = try Child("while :; do :; done", in: task.containers[0])
            try Workbench.waitUntil { try driver.usage(of: "t").cpuUsec ?? 0 > 10_000 }
            try driver.freeze("t")
            try Workbench.waitUntilOffCPU(task.containers)
            let frozen = try driver.usage(of: "t").cpuUsec
            usleep(50_000)
            #expect(try driver.usage(of: "t").cpuUsec == frozen)
            #expect(try driver.isPopulated("t"))
            try driver.thaw("t")
            try Workbench.waitUntil { try driver.usage(of: "t").cpuUsec != frozen }
            try driver.freeze("t")
            try driver.kill("t")
            #expect(child.end().status == -SIGKILL)
            try driver.waitUntilEmpty("t")
        }
    }

    @Test("freezes a task without processes")
    func freezeEmpty() throws {
        try withDriver { driver in
            _ = try driver.createTask("t", limits: .roomy, containers: [ContainerLimits(name: "main")])
            try driver.freeze("t")
            try driver.thaw("t")
        }
    }

    @Test("keeps the counters of the dead until the task is removed: empty, then read, then remove")
    func countersOfTheDead() throws {
        try withDriver { driver in
            let task = try driver.createTask("t", limits: .roomy, containers: [ContainerLimits(name: "main")])
            let child = try Child(
                "exec dd if=/dev/zero of=/dev/null bs=16M count=60 2>/dev/null", in: task.containers[0])
            let (status, cpuUsec) = child.end()
            #expect(status == 0)
            try driver.waitUntilEmpty("t")

            // What the shim stores: the same files, read by their paths. Periods of its quota are counted on for a moment.
            var readings = [CounterReading]()
            try Workbench.waitUntil {
                readings = try driver.counters("t")
                return try readings
                    == task.counters.map {
                        CounterReading(name: $0.name, container: $0.container, content: try SmallFile.read($0.path))
                    }
            }
            let usage = driver.usage(from: readings)
            let counted = try #require(usage.cpuUsec)
            // Both are the scheduler's own sum; the child's has what it did before it joined, the task's the last of
            // its exit.
            #expect(counted <= cpuUsec + 1000)
            #expect(counted >= cpuUsec / 2)
            #expect(usage.cpuUserUsec != nil && usage.cpuSystemUsec != nil)
            #expect(try #require(usage.memoryPeakBytes) >= 16 << 20)
            #expect(usage.oomKills == 0)
            #expect(usage.containerOOMKills == [0: 0])

            try driver.removeTask("t")
            #expect(throws: LinuxError.self) { try driver.counters("t") }
        }
    }

    @Test("counts what a task writes to a disk")
    func blockIO() throws {
        // The test machine has a disk to write to; elsewhere a file, where its filesystem can bypass the page cache.
        let scratch = getenv("BERTH_SCRATCH_DISK").map { String(cString: $0) }
        let target = scratch ?? "./.build/berth-io-test-\(getpid())"
        defer { if scratch == nil { unlink(target) } }
        try withDriver { driver in
            // A task writes to a disk through a file; this one has the disk itself.
            var limits = TaskLimits.roomy
            limits.devices.rules.append(DeviceRule(allows: true, .block, nil, nil, access: [.read, .write]))
            let task = try driver.createTask("t", limits: limits, containers: [ContainerLimits(name: "main")])
            let child = try Child(
                "exec dd if=/dev/zero of=\(target) bs=1M count=4 oflag=direct 2>/dev/null", in: task.containers[0])
            guard child.end().status == 0 else {
                print("SKIPPED the count of disk writes: no direct I/O to \(target)")
                return
            }
            try driver.waitUntilEmpty("t")
            let usage = try driver.usage(of: "t")
            #expect(try #require(usage.ioWriteBytes) >= 4 << 20)
            #expect(try #require(usage.ioWrites) >= 4)
            #expect(usage.ioReadBytes != nil && usage.ioReads != nil)
        }
    }
}
