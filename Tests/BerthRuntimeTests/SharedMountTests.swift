import BerthOCI
import Foundation
import Glibc
import Testing

@testable import BerthRuntime

/// Without a mount namespace a container's mounts are the host's: nothing but the runtime takes them away.
@Suite(
    "A container without a mount namespace",
    .enabled(if: ContainerBench.canRun, "SKIPPED: needs root and /bin/busybox"))
struct SharedMountTests {
    let bench: ContainerBench

    init() throws { bench = try ContainerBench() }

    private func configure(_ arguments: [String]) throws {
        let tmpfs: JSONValue = ["destination": "/tmp", "type": "tmpfs", "source": "tmpfs"]
        try bench.configure(
            arguments,
            changes: [
                ("linux.namespaces", [["type": "pid"]]), ("mounts", [tmpfs]), ("hostname", nil),
                ("linux.maskedPaths", nil), ("linux.readonlyPaths", nil), ("root.readonly", false),
            ])
    }

    @Test("leaves no mount behind when it could not be created")
    func failed() throws {
        try configure(["/none"])
        let create = try bench.run(["create", "--bundle", bench.bundle, bench.newID()])
        #expect(create.status != 0 && create.error.contains("/none"))
        #expect(try bench.mounts().isEmpty)
    }

    @Test("leaves no mount behind when it is deleted")
    func deleted() throws {
        try configure(["true"])
        let run = try bench.run(["run", "--bundle", bench.bundle, bench.newID()])
        #expect(run.status == 0, "\(run.error)")
        #expect(try bench.mounts().isEmpty)
    }
}
