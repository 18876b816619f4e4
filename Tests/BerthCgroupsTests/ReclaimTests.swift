import BerthLinux
import Glibc
import Testing

@testable import BerthCgroups

/// What a shim does not remove.
@Suite(
    "Cgroups in v1 of tasks that are over", .serialized,
    .enabled(if: Workbench.isRoot && Workbench.isHybrid, "SKIPPED: needs root and v1"))
struct ReclaimTests {
    /// - Parameter pause: how long it takes to a lull.
    private func withHybrid(pause: Duration, _ body: (HybridDriver) throws -> Void) throws {
        let driver = try Self.driver(root: Workbench.uniqueRoot(), pause: pause)
        defer { Workbench.clean(driver) }
        try driver.prepare()
        try body(driver)
    }

    private static func driver(root: String, pause: Duration) throws -> HybridDriver {
        guard case .hybrid(let mount, let controllers) = try CgroupHost.detect() else { throw Workbench.TimedOut() }
        return HybridDriver(mount: mount, controllers: controllers, root: root, pause: pause)
    }

    /// - Returns: its directories in v1.
    private func runTask(_ id: String, _ driver: HybridDriver) throws -> [String] {
        let task = try driver.createTask(
            id, limits: .roomy, containers: [ContainerLimits(name: "a"), ContainerLimits(name: "b")])
        task.removeAsShim()
        #expect(try !driver.tasks().contains(id), "to the engine it is gone")
        return task.directories.filter { !task.removals.contains($0) }
    }

    private func areThere(_ paths: [String]) -> Bool { paths.allSatisfy { access($0, F_OK) == 0 } }
    private func areGone(_ paths: [String]) -> Bool { paths.allSatisfy { access($0, F_OK) == -1 } }

    @Test("are removed when the task is given up, and no other's")
    func lull() throws {
        try withHybrid(pause: .milliseconds(1)) { driver in
            let other = try driver.createTask("other", limits: .roomy, containers: [ContainerLimits(name: "main")])
            let left = try runTask("t", driver)
            #expect(areThere(left) && left.count > 4)
            driver.reclaim("t")
            try Workbench.waitUntil { areGone(left) }
            #expect(areThere(other.directories))
            driver.reclaim("../t")
            driver.reclaim("none")
        }
    }

    @Test("wait for a lull, and no more of them than 256: then those that ended first go")
    func tooMany() throws {
        try withHybrid(pause: .seconds(3600)) { driver in
            let left = try (0..<259).map { number in
                let left = try runTask("t\(number)", driver)
                driver.reclaim("t\(number)")
                return left
            }
            try Workbench.waitUntil { left[..<3].allSatisfy(areGone) }
            #expect(left[3...].allSatisfy(areThere))
        }
    }

    @Test("are found by the next daemon, which keeps those of tasks that live, and of daemons below its root")
    func nextDaemon() throws {
        let root = Workbench.uniqueRoot()
        try withDriver(root: root) { next in
            let earlier = try Self.driver(root: root, pause: .seconds(3600))
            try earlier.prepare()
            let running = try earlier.createTask("running", limits: .roomy, containers: [ContainerLimits(name: "main")])
            let ids = ["a", "b"].map { String(repeating: $0, count: 32) }
            let known = try runTask(ids[0], earlier)
            earlier.reclaim(ids[0])
            let outlived = try runTask(ids[1], earlier)
            earlier.prepareNext()
            let parent = try #require(outlived.first { $0.contains("cpu") && $0.hasSuffix("/" + ids[1]) })
            let cpu = try CgroupDirectory(String(parent.dropLast(33)))
            let foreign = cpu["somebody-else's"]
            try foreign.make()
            defer { try? foreign.removeTree() }
            let ready = { () throws in try cpu.itself.children().contains { $0.hasPrefix(".") } }
            try Workbench.waitUntil(ready)
            let below = try Self.driver(root: root + "/below", pause: .zero)
            try below.prepare()
            let neighbour = try below.createTask("t", limits: .roomy, containers: [ContainerLimits(name: "main")])

            try next.prepare()
            try Workbench.waitUntil { try areGone(known + outlived) && !ready() }
            #expect(areThere(running.directories + neighbour.directories + [foreign.path]))
            Workbench.clean(below)
        }
    }

    @Test("go with the tree when it is dismantled, although they wait")
    func dismantled() throws {
        try withHybrid(pause: .seconds(3600)) { driver in
            let left = try runTask("t", driver)
            driver.reclaim("t")
            try driver.dismantle()
            #expect(areGone(left))
        }
    }
}
