import BerthLinux
import Glibc
import Testing

@testable import BerthCgroups

/// Only v2 forbids processes beside controllers that are handed down.
extension ContractTests {
    private static let isUnified: Bool = {
        if case .unified? = try? CgroupHost.detect() { true } else { false }
    }()

    @Test(
        "steps aside when its root was delegated to it with the daemon inside",
        .enabled(if: isUnified, "SKIPPED: v1 controllers"))
    func daemonInside() async {
        // In a process of its own: nothing that another test starts is born in what is delegated here.
        await #expect(processExitsWith: .success) {
            let (root, home) = try ContractTests.occupiedRoot()
            let driver = try makeDriver(root: root)
            defer { try? driver.dismantle() }
            try SmallFile.write("0", to: home.delegated + "/cgroup.procs")
            defer { try? SmallFile.write("0", to: home.before + "/cgroup.procs") }
            try driver.prepare()
            #expect(try SmallFile.read("/proc/self/cgroup").contains("0::\(root)/supervisor\n"))
            _ = try driver.createTask("t", limits: .roomy, containers: [ContainerLimits(name: "main")])
            try driver.removeTask("t")
            let busy = #expect(throws: LinuxError.self) { try driver.dismantle() }
            #expect(busy?.errno == .resourceBusy)
            try SmallFile.write("0", to: home.before + "/cgroup.procs")
            try driver.dismantle()
        }
    }

    @Test("names the cgroup when other processes sit in its root", .enabled(if: isUnified, "SKIPPED: v1 controllers"))
    func strangerInside() throws {
        let (root, home) = try Self.occupiedRoot()
        let node = TaskCgroup.Node(name: "stranger", lifecycle: home.delegated, joins: [])
        let stranger = try Child("exec sleep 1000", in: node)
        try Workbench.waitUntil { try SmallFile.read(home.delegated + "/cgroup.events").contains("populated 1") }
        let driver = try makeDriver(root: root)
        let error = #expect(throws: LinuxError.self) { try driver.prepare() }
        #expect(error?.errno == .resourceBusy)
        #expect(error?.subject == home.delegated)
        kill(stranger.pid, SIGKILL)
        _ = stranger.end()
        try driver.dismantle()
    }

    /// A root that exists before the driver, and where this process was until then.
    private static func occupiedRoot() throws -> (root: String, (delegated: String, before: String)) {
        guard case .unified(let mount) = try CgroupHost.detect() else { throw Workbench.TimedOut() }
        let own = try SmallFile.read("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::") }
        let root = Workbench.uniqueRoot()
        try CgroupDirectory.makeAll(mount + root)
        return (root, (mount + root, mount + (own?.dropFirst(3) ?? "/")))
    }
}
