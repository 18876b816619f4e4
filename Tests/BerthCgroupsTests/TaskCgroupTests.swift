import BerthCgroups
import BerthLinux
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

    @Test("are not there for a task that has none")
    func missing() throws {
        try withDriver { driver in
            let error = #expect(throws: LinuxError.self) { try driver.cgroup(of: "none") }
            #expect(error?.errno == .noSuchFileOrDirectory)
        }
    }
}
