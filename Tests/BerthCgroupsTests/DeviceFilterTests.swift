import BerthLinux
import Dispatch
import Glibc
import Synchronization
import Testing

@testable import BerthCgroups

/// What a process really may open and make.
@Suite("A device filter", .serialized, .enabled(if: Workbench.isRoot, "SKIPPED: cgroups need root"))
struct DeviceFilterTests {
    /// The exit code tells which step failed.
    private static let tries = """
        true </dev/null || exit 1
        true >/dev/full || exit 2
        true </dev/kmsg && exit 3
        mknod "$node" c 1 3 || exit 4
        rm "$node"
        mknod "$node" c 1 11 && exit 5
        mknod "$node" b 7 0 && exit 6
        exit 0
        """

    private func run(_ cgroup: RuntimeCgroup, _ script: String = tries) throws -> Int32 {
        try run(in: cgroup.asNode, script)
    }

    private func run(in cgroup: TaskCgroup.Node, _ script: String = tries) throws -> Int32 {
        let node = "/tmp/berth-node-\(getpid())"
        defer { unlink(node) }
        return try Child("exec 2>&-; node=\(node); " + script, in: cgroup).end().status
    }

    @Test("holds for every container of a task, and for cgroups that it makes itself")
    func task() throws {
        try withDriver { driver in
            let containers = ["a", "b"].map { ContainerLimits(name: $0) }
            let task = try driver.createTask("t", limits: .roomy, containers: containers)
            for container in task.containers { #expect(try run(in: container) == 0) }
            var nested = task.containers[0]
            nested.lifecycle += "/nested"
            try #require(mkdir(nested.lifecycle, 0o755) == 0)
            #expect(try run(in: nested) == 0)
            var limits = TaskLimits.roomy
            limits.devices.rules.append(DeviceRule(allows: true, .character, 1, 11, access: [.read]))
            let other = try driver.createTask("other", limits: limits, containers: containers)
            #expect(try run(in: other.containers[1]) == 3, "one more device for one task")
            #expect(try run(in: task.containers[1]) == 0)
        }
    }

    @Test("stands above the tasks once, however often the tree is prepared, and denies nothing there")
    func above() throws {
        try withDriver { driver in
            try driver.prepare()
            try driver.prepare()
            let tasks = try #require(driver as? any LifecycleDriver).lifecycleTasks()
            #expect(try BPF.devicePrograms(onCgroup: tasks.descriptor).count == 1)
            // Beside a task, since v2 lets no process be where controllers are handed down.
            let beside = tasks["beside"]
            try beside.make()
            #expect(try run(in: .init(name: "beside", lifecycle: beside.path, joins: [])) == 3, "kmsg opens")
        }
    }

    @Test("holds for a runtime's cgroup, by v1's files or v2's program")
    func runtime() throws {
        try withRuntimeCgroup { cgroup in
            var resources = RuntimeResources()
            resources.devices = DevicePolicy.standard.rules
            try cgroup.create(resources)
            #expect(try run(cgroup) == 0)

            resources.devices = [DeviceRule(allows: true, .all, nil, nil)]
            try cgroup.update(resources)
            #expect(try run(cgroup) == 3, "kmsg opens")

            resources.devices = [DeviceRule(allows: true, .character, 1, 3, access: [.read])]
            try cgroup.update(resources)
            #expect(try run(cgroup) == 2)
            #expect(try run(cgroup, "true >/dev/null && exit 1; true </dev/null") == 0, "to read and not to write")
        }
    }

    @Test("of v2 holds on a hybrid host too, replaces our own alone, and goes with its cgroup")
    func program() throws {
        try withRuntimeCgroup { cgroup in
            try cgroup.create(RuntimeResources())
            let directory = try cgroup.unified.open(".", O_RDONLY | O_DIRECTORY)
            let strangers = try BPF.loadDeviceProgram(DeviceProgram(.unconfined).instructions, name: "strangers")
            try BPF.attach(strangers, toCgroup: directory)

            try DeviceFilter(.standard).replace(on: cgroup.unified)
            #expect(try run(cgroup) == 0)
            try DeviceFilter(.unconfined).replace(on: cgroup.unified)
            #expect(try run(cgroup) == 3)
            try DeviceFilter(DevicePolicy([])).replace(on: cgroup.unified)
            #expect(try run(cgroup) == 1)
            let names = try BPF.devicePrograms(onCgroup: directory).map { try BPF.name(of: BPF.open($0)) }
            #expect(names == ["strangers", "berth_devices"])
        }
    }

    @Test("can be replaced by two at a time", .timeLimit(.minutes(10)))
    func replacedTwice() throws {
        try withRuntimeCgroup { cgroup in
            try cgroup.create(RuntimeResources())
            let node = cgroup.unified
            let failures = Mutex<[LinuxError]>([])
            DispatchQueue.concurrentPerform(iterations: 4) { _ in
                for _ in 0..<200 {
                    do throws(LinuxError) {
                        try DeviceFilter(.standard).replace(on: node)
                    } catch {
                        failures.withLock { $0.append(error) }
                    }
                }
            }
            #expect(failures.withLock { $0 } == [])
            try DeviceFilter(.standard).replace(on: node)
            let directory = try node.open(".", O_RDONLY | O_DIRECTORY)
            #expect(try BPF.devicePrograms(onCgroup: directory).count == 1)
            #expect(try run(cgroup) == 0)
        }
    }

    @Test(
        "changes under a process that never misses what it may use, nor has what it may not", .timeLimit(.minutes(10)))
    func unnoticed() throws {
        try withRuntimeCgroup { cgroup in
            var resources = RuntimeResources()
            resources.devices = DevicePolicy.standard.rules
            try cgroup.create(resources)
            // A special built-in that cannot be redirected ends the shell (POSIX, 2.8.1).
            let script = """
                while : </dev/null; do
                    command : </dev/kmsg && exit 3
                done
                """
            let child = try Child("exec 2>&-; " + script, in: cgroup.asNode)
            try Workbench.waitUntil { try cgroup.processes().contains(child.pid) }
            // Everything but a few is allowed, and everything but a few is denied: v1 gets from one to the other over all.
            let most = [DeviceRule(allows: true, .all, nil, nil), DeviceRule(allows: false, .character, 1, 11)]
            for _ in 0..<200 {
                for rules in [most, DevicePolicy.standard.rules] {
                    resources.devices = rules
                    try cgroup.update(resources)
                }
            }
            #expect(try cgroup.processes().contains(child.pid) && !cgroup.isFrozen)
            try cgroup.kill()
            #expect(child.end().status == -SIGKILL)
        }
    }

    @Test("takes policies of many entries")
    func large() throws {
        let spread = (0..<3000).map { DeviceRule(allows: true, .character, $0, $0 % 7) }
        let dense = (0..<3000).map { DeviceRule(allows: true, .block, 1, $0, access: [.read]) }
        _ = try DeviceFilter(DevicePolicy(spread + dense))
    }
}
