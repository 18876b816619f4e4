import BerthLinux
import Glibc
import Testing

@testable import BerthCgroups

/// What every driver owes its callers, tried on the one that fits this host: hybrid here, unified in the test machine
/// (`rootfs-tools/test-vm unified-tests`).
@Suite("A cgroup driver", .serialized, .enabled(if: Workbench.isRoot, "SKIPPED: cgroups need root"))
struct ContractTests {
    @Test("is the one that the run expects")
    func expectedDriver() throws {
        guard let expected = getenv("BERTH_EXPECT_CGROUPS") else { return }
        #expect(try makeDriver(root: Workbench.uniqueRoot()).name == String(cString: expected))
    }

    @Test("prepares twice as well as once, and dismantles without a trace")
    func prepare() throws {
        let driver = try makeDriver(root: Workbench.uniqueRoot())
        defer { Workbench.clean(driver) }
        try driver.prepare()
        try driver.prepare()
        let task = try driver.createTask("kept", limits: .roomy, containers: [ContainerLimits(name: "main")])
        try driver.prepare()
        #expect(try driver.tasks() == ["kept"])
        try driver.removeTask("kept")
        try driver.dismantle()
        for path in task.directories { #expect(access(path, F_OK) == -1) }
        try driver.dismantle()
    }

    @Test("makes cgroups that programs in a task may look at, whatever the umask of the daemon")
    func modes() throws {
        // This thread's alone: other tests make files meanwhile.
        try ThreadUmask.clear()
        umask(0o077)
        defer { umask(0o022) }
        try withDriver(root: Workbench.uniqueRoot() + "/main") { driver in
            let task = try driver.createTask("t", limits: .roomy, containers: [ContainerLimits(name: "main")])
            for directory in task.directories {
                // Up to the mount, which is not ours.
                var path = Substring(directory)
                while path.contains("/berth-test-"), let slash = path.lastIndex(of: "/") {
                    var status = stat()
                    try #require(stat(String(path), &status) == 0)
                    #expect(status.st_mode & 0o7777 == 0o755, "\(path)")
                    path = path[..<slash]
                }
            }
        }
    }

    @Test("refuses to work before it is prepared")
    func unprepared() throws {
        let driver = try makeDriver(root: Workbench.uniqueRoot())
        #expect(throws: LinuxError.self) { try driver.tasks() }
    }

    @Test("lists the tasks there are, and reads the containers of one in the order in which they were named")
    func listing() throws {
        try withDriver { driver in
            for id in ["b", "a"] {
                _ = try driver.createTask(id, limits: .roomy, containers: [ContainerLimits(name: "main")])
            }
            let task = try driver.createTask(
                "c", limits: .roomy, containers: ["web", "log", "app"].map { ContainerLimits(name: $0) })
            #expect(try driver.tasks().sorted() == ["a", "b", "c"])
            #expect(task.containers.map(\.name) == ["web", "log", "app"])
            let files = task.counters.map { CounterReading(name: $0.name, container: $0.container, content: "") }
            #expect(
                try driver.counters("c").map { CounterReading(name: $0.name, container: $0.container, content: "") }
                    == files)
            for (index, node) in task.containers.enumerated() {
                for counter in task.counters where counter.container == index {
                    #expect(counter.path.contains("\(node.name)/"))
                }
            }
        }
    }

    @Test("refuses names that are no directory names")
    func badNames() throws {
        try withDriver { driver in
            for name in ["", ".", "..", ".ready-1", "a/b", "a\nb", "a\0b", String(repeating: "a", count: 256)] {
                let containers = [ContainerLimits(name: name)]
                let refusals: [LinuxError?] = [
                    #expect(throws: LinuxError.self) { try driver.createTask(name, limits: .roomy, containers: []) },
                    #expect(throws: LinuxError.self) {
                        try driver.createTask("t", limits: .roomy, containers: containers)
                    },
                    #expect(throws: LinuxError.self) { try driver.removeTask(name) },
                    #expect(throws: LinuxError.self) { try driver.kill(name) },
                ]
                for refusal in refusals { #expect(refusal?.errno == .invalidArgument) }
            }
            let left = try driver.tasks()
            #expect(left.isEmpty)
        }
    }

    @Test("gives containers names that v1 has files of")
    func fileNames() throws {
        try withDriver { driver in
            let containers = ["tasks", "notify_on_release"].map { ContainerLimits(name: $0, memoryBytes: 32 << 20) }
            let task = try driver.createTask("t", limits: .roomy, containers: containers)
            #expect(task.containers.map(\.name) == ["tasks", "notify_on_release"])
            #expect(try driver.counters("t").count == task.counters.count)
        }
    }

    @Test(
        "refuses limits that are none",
        arguments: [
            TaskLimits(cpuUnits: 0, memoryBytes: 1 << 20, pids: 1),
            TaskLimits(cpuUnits: 256, memoryBytes: 1 << 20, pids: 0),
        ])
    func badLimits(limits: TaskLimits) throws {
        try withDriver { driver in
            let error = #expect(throws: LinuxError.self) { try driver.createTask("t", limits: limits, containers: []) }
            #expect(error?.errno == .invalidArgument)
            let left = try driver.tasks()
            #expect(left.isEmpty)
        }
    }

    @Test("leaves nothing behind when it fails half way")
    func partialFailure() throws {
        try withDriver { driver in
            // The same name twice: the second container fails after the first was made.
            let twice = [ContainerLimits(name: "main"), ContainerLimits(name: "main")]
            let exists = #expect(throws: LinuxError.self) {
                try driver.createTask("t", limits: .roomy, containers: twice)
            }
            #expect(exists?.errno == .fileExists)
            // More processes than the kernel can number: pids refuses when cpu and memory are done.
            let tooMany = TaskLimits(cpuUnits: 256, memoryBytes: 1 << 25, pids: 5_000_000)
            #expect(throws: LinuxError.self) {
                try driver.createTask("t", limits: tooMany, containers: [ContainerLimits(name: "main")])
            }
            #expect(try driver.tasks() == [])
            // Had anything stayed in any hierarchy, this would be EEXIST.
            _ = try driver.createTask("t", limits: .roomy, containers: [ContainerLimits(name: "main")])
        }
    }

    @Test("does not touch a task that exists when it is made again")
    func existing() throws {
        try withDriver { driver in
            let task = try driver.createTask("t", limits: .roomy, containers: [ContainerLimits(name: "main")])
            let error = #expect(throws: LinuxError.self) {
                try driver.createTask("t", limits: .roomy, containers: [ContainerLimits(name: "main")])
            }
            #expect(error?.errno == .fileExists)
            for path in task.directories { #expect(access(path, F_OK) == 0) }
        }
    }

    @Test("takes the removal of what is gone for done")
    func removalTwice() throws {
        try withDriver { driver in
            _ = try driver.createTask("t", limits: .roomy, containers: [ContainerLimits(name: "main")])
            try driver.removeTask("t")
            try driver.removeTask("t")
            try driver.kill("t")
            #expect(try !driver.isPopulated("t"))
            #expect(throws: LinuxError.self) { try driver.counters("t") }
        }
    }

    @Test("removes cgroups that were made inside a container, and nothing while a process lives")
    func nestedRemoval() throws {
        try withDriver { driver in
            let task = try driver.createTask("t", limits: .roomy, containers: [ContainerLimits(name: "main")])
            let nested = task.containers[0].lifecycle + "/inner/innermost"
            try #require(mkdir(task.containers[0].lifecycle + "/inner", 0o755) == 0 && mkdir(nested, 0o755) == 0)
            let sleeper = try Child("exec sleep 1000", in: task.containers[0])
            try Workbench.waitUntil { try driver.isPopulated("t") }
            try SmallFile.write(String(sleeper.pid), to: nested + "/cgroup.procs")

            let busy = #expect(throws: LinuxError.self) { try driver.removeTask("t") }
            #expect(busy?.errno == .resourceBusy)
            #expect(try driver.isPopulated("t"))
            #expect(kill(sleeper.pid, 0) == 0)

            try driver.kill("t")
            #expect(sleeper.end().status == -SIGKILL)
            try driver.waitUntilEmpty("t")
            try driver.removeTask("t")
            for path in task.directories { #expect(access(path, F_OK) == -1) }
        }
    }

    @Test("lists directories to remove so that each is empty when its turn comes")
    func removals() throws {
        try withDriver { driver in
            let containers = ["a", "b"].map { ContainerLimits(name: $0, cpuUnits: 128, memoryBytes: 32 << 20) }
            let task = try driver.createTask("t", limits: .roomy, containers: containers)
            for path in task.removals { #expect(rmdir(path) == 0, "\(path)") }
            #expect(try driver.tasks() == [])
        }
    }
}
