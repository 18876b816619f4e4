import Foundation
import Testing

/// Rows CVE-2022-0492 (`release_agent` from a user namespace) and CVE-2023-25809 (the host's cgroups writable).
@Suite("An escape by control groups")
struct CgroupEscapeTests {
    let fixture: LaunchFixture

    init() throws { fixture = try LaunchFixture() }

    @Test("fails at every step: nothing is mounted, made or opened for writing")
    func everyStep() async throws {
        let lines = try await fixture.lines(of: "cgroups")
        #expect(lines.count == 11, "\(lines)")
        #expect(lines.filter { $0.hasSuffix(": ok") || !$0.contains(": E") }.isEmpty)
        #expect(lines.contains("make a cgroup: EROFS"))
        #expect(lines.contains("unshare user, mount and cgroup: EPERM"))
        #expect(lines.contains("release_agent: ENOENT"))
    }

    @Test("finds no path of the host: every hierarchy begins at the task's own cgroup")
    func ownView() async throws {
        let request = try fixture.request(["cat /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs"])
        #expect(try await fixture.run(request).record?.containers[0].status == .code(0))
        let lines = try fixture.output(request).split(separator: "\n").map(String.init)
        #expect(lines.filter { $0.contains(":") }.allSatisfy { $0.hasSuffix(":/") }, "\(lines)")
        // Its own processes and no other: ids of this pid namespace, in which strangers would read as 0.
        #expect(lines.contains("1") && !lines.contains("0"))
    }
}
