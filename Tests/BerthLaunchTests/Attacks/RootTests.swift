import BerthConfinement
import BerthLaunch
import Foundation
import Testing

/// A task's root is changed by chroot(2), which a process with SYS_CHROOT leaves: what it reaches then is looked at here.
@Suite("The way out of a task's root")
struct RootTests {
    let fixture: LaunchFixture

    init() throws { fixture = try LaunchFixture() }

    @Test("ends at that root, for root with every capability that a task has unless it asks for more")
    func escapes() async throws {
        let lines = try await fixture.lines(of: "roots") { #expect($0.capabilities.contains(.sysChroot)) }
        #expect(lines.count == 14, "\(lines)")
        #expect(lines.filter { !$0.hasSuffix(": own root") } == ["setns: EPERM"])
    }

    @Test("leads no further for a program that was executed in the task")
    func executed() async throws {
        try fixture.addAttacker()
        let request = try fixture.request(["exec sleep 600"])
        try await fixture.during(request) { task in
            let printed = try await fixture.run(fixture.exec(["attacker", "roots"], in: request), in: task)
            let lines = printed.split(separator: "\n").map(String.init)
            #expect(lines.filter { !$0.hasSuffix(": own root") } == ["setns: EPERM"])
            #expect(lines.count == 14, "\(lines)")
        }
    }

    /// Beneath the root is the empty directory that every mount namespace of a task began as, and no procfs or sysfs.
    @Test("leads to an empty directory that stays empty, for who was given every capability and takes the root off")
    func beneath() async throws {
        let seccomp = try SeccompCompiler().program(capabilities: .all)
        let lines = try await fixture.lines(of: "beneath") {
            $0.capabilities = .all
            $0.seccomp = seccomp
        }
        #expect(
            lines == [
                "a procfs without covers: EPERM", "the root of the namespace: own root", "take the root off: ok",
                "setns: ok", "beneath: empty", "make a file beneath: EROFS", "make it writable: EPERM",
                "make it writable for all: EPERM", "take that off too: EINVAL", "mount a procfs there: EPERM",
                "mount a sysfs there: EPERM", "climb: empty",
            ])
    }

    @Test("is shown to nobody: the task's mounts begin with its root")
    func mounts() async throws {
        let request = try fixture.request(["cat /proc/self/mountinfo"])
        #expect(try await fixture.run(request).record?.containers[0].status == .code(0))
        let mounts = try fixture.output(request).split(separator: "\n").map { $0.split(separator: " ") }
        #expect(mounts.count { $0[4] == "/" } == 1)
        #expect(mounts.first?[4] == "/" && mounts.first?.contains("overlay") == true, "\(mounts)")
        // Nothing passes to it from the host's mounts, nor back.
        #expect(!mounts.joined().contains { $0.hasPrefix("shared:") || $0.hasPrefix("master:") })
    }
}
