import BerthLinux
import Glibc
import Testing

@testable import BerthCgroups

/// A task whose processes cannot end, and one that goes where the driver did not put it.
extension ContractTests {
    @Test("does not lose a task of which a process is stuck, and removes it once it can end")
    func stuck() throws {
        try withDriver { driver in
            let task = try driver.createTask("t", limits: .roomy, containers: [ContainerLimits(name: "main")])
            guard let trap = try Trap() else {
                print("SKIPPED the removal of a stuck task: nothing here that holds a process against SIGKILL")
                return
            }
            defer { trap.release() }
            let child = try Child(trap.script, in: task.containers[0])
            try trap.close(on: child.pid)
            // To end it takes as long as it takes; that it has not ended is known.
            try driver.kill("t")
            #expect(try driver.isPopulated("t"))
            let busy = #expect(throws: LinuxError.self) { try driver.removeTask("t") }
            #expect(busy?.errno == .resourceBusy)
            #expect(try driver.tasks() == ["t"])
            #expect(try driver.usage(of: "t").cpuUsec != nil, "its counters can still be read")

            trap.release()
            #expect(child.end().status == -SIGKILL)
            try driver.waitUntilEmpty("t")
            try driver.removeTask("t")
            for path in task.directories { #expect(access(path, F_OK) == -1) }
        }
    }

    @Test("kills a frozen task, and removes it")
    func frozen() throws {
        try withDriver { driver in
            let task = try driver.createTask("t", limits: .roomy, containers: [ContainerLimits(name: "main")])
            let child = try Child("exec sleep 1000", in: task.containers[0])
            try Workbench.waitUntil { try driver.isPopulated("t") }
            try driver.freeze("t")
            let busy = #expect(throws: LinuxError.self) { try driver.removeTask("t") }
            #expect(busy?.errno == .resourceBusy)
            try driver.kill("t")
            #expect(child.end().status == -SIGKILL)
            try driver.waitUntilEmpty("t")
            try driver.removeTask("t")
            for path in task.directories { #expect(access(path, F_OK) == -1) }
        }
    }

    @Test("limits, counts, kills and removes a cgroup that a task made for itself")
    func ownCgroup() throws {
        try withDriver { driver in
            let task = try driver.createTask("t", limits: .roomy, containers: [ContainerLimits(name: "main")])
            let own = task.containers[0].lifecycle + "/own"
            let child = try Child(
                """
                mkdir \(own) \(own)/deeper && echo 0 >\(own)/deeper/cgroup.procs || exit 97
                while :; do :; done
                """, in: task.containers[0])
            try Workbench.waitUntil { (try? SmallFile.read(own + "/deeper/cgroup.procs"))?.isEmpty == false }
            try Workbench.waitUntil {
                let inside = try SmallFile.read(own + "/deeper/cpu.stat")
                return try (Keyed.value("usage_usec", in: inside) ?? 0) > 20_000
                    && (driver.usage(of: "t").cpuUsec ?? 0) > 20_000
            }
            try driver.freeze("t")
            let inside = try #require(Keyed.value("usage_usec", in: SmallFile.read(own + "/deeper/cpu.stat")))
            #expect(try #require(driver.usage(of: "t").cpuUsec) >= inside)
            #expect(try driver.isPopulated("t"))
            try driver.kill("t")
            #expect(child.end().status == -SIGKILL)
            try driver.waitUntilEmpty("t")
            try driver.removeTask("t")
            #expect(access(own, F_OK) == -1)
        }
    }
}

/// Something that keeps a process from ending, SIGKILL or not: what a dead disk or server does to it.
///
/// On a hybrid host v1's freezer does; where there is a scratch disk, a file system that was frozen does: who writes
/// to it sleeps in state D.
private final class Trap {
    /// What the process runs, for sh(1).
    let script: String
    private let freezer: String?
    private let mount: String?
    private var isReleased = false

    /// nil when this host has neither.
    init?() throws {
        let hierarchies = try CgroupHierarchies.detect()
        let name = "berth-trap-\(getpid())"
        if let mount = hierarchies.legacy.first(where: { $0.controllers.contains("freezer") })?.mount {
            freezer = mount + "/" + name
            self.mount = nil
            script = "exec sleep 1000"
            try CgroupDirectory.makeAll(mount + "/" + name)
        } else if let disk = getenv("BERTH_SCRATCH_DISK").map({ String(cString: $0) }) {
            freezer = nil
            let directory = "/tmp/" + name
            mount = directory
            script = "while :; do echo >\(directory)/file; done"
            guard
                Self.run("busybox mke2fs \(disk) >/dev/null && mkdir \(directory) && mount \(disk) \(directory)") == 0
            else { return nil }
        } else {
            return nil
        }
    }

    /// Holds the process from now on.
    func close(on process: pid_t) throws {
        if let freezer {
            try Workbench.waitUntil { try SmallFile.read("/proc/\(process)/comm") == "sleep\n" }
            try SmallFile.write(String(process), to: freezer + "/cgroup.procs")
            try SmallFile.write("FROZEN", to: freezer + "/freezer.state")
            try Workbench.waitUntil { try SmallFile.read(freezer + "/freezer.state") == "FROZEN\n" }
        } else if let mount {
            try Workbench.waitUntil { access(mount + "/file", F_OK) == 0 }
            guard Self.run("fsfreeze -f \(mount)") == 0 else { throw Workbench.TimedOut() }
            try Workbench.waitUntil { try SmallFile.read("/proc/\(process)/stat").contains(") D ") }
        }
    }

    /// Lets it go on, which may be its end.
    func release() {
        if isReleased { return }
        isReleased = true
        if let freezer { try? SmallFile.write("THAWED", to: freezer + "/freezer.state") }
        if let mount { _ = Self.run("fsfreeze -u \(mount) 2>/dev/null") }
    }

    deinit {
        release()
        if let freezer { try? Workbench.waitUntil(seconds: 10) { rmdir(freezer) == 0 || errno == ENOENT } }
        if let mount {
            try? Workbench.waitUntil(seconds: 10) { Self.run("umount \(mount) 2>/dev/null") == 0 }
            rmdir(mount)
        }
    }

    /// The exit status of a line for sh(1), run where this process is.
    private static func run(_ line: String) -> Int32 {
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sh"), strdup("-c"), strdup(line), nil]
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        guard posix_spawn(&process, "/bin/sh", nil, nil, &arguments, environ) == 0 else { return -1 }
        var status: Int32 = 0
        waitpid(process, &status, 0)
        return status
    }
}
