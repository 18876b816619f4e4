import BerthLinux
import BerthOCI
import Foundation
import Glibc
import Testing

@testable import BerthRuntime

/// A user of the host whom it has never heard of.
enum UnprivilegedUser {
    static let id: UInt32 = 4_321
    static let setpriv = "/usr/bin/setpriv"
    /// Of setpriv(1), before a command.
    static let options = ["--reuid", "\(id)", "--regid", "\(id)", "--clear-groups", "--no-new-privs"]

    static let canRun: Bool = {
        guard ContainerBench.canRun, access(setpriv, X_OK) == 0, let bench = try? ContainerBench() else { return false }
        return (try? bench.run(program: setpriv, options + ["unshare", "--user", "true"]).status) == 0
    }()
}

/// As a user without any privilege, and without a helper program such as newuidmap that has some.
@Suite(
    "A container of a user without privileges",
    .enabled(
        if: UnprivilegedUser.canRun, "SKIPPED: needs root, setpriv, and a kernel that lets users make user namespaces"))
struct RootlessTests {
    let bench: ContainerBench
    private let runtime: String

    init() throws {
        bench = try ContainerBench()
        // Where that user can reach it: a build's directory may be closed.
        runtime = bench.directory + "/berth-oci"
        try bench.copy(ContainerBench.runtime, to: runtime)
        mkdir(bench.state, 0o700)
        for path in [bench.state, bench.root, bench.root + "/tmp"] {
            chown(path, UnprivilegedUser.id, UnprivilegedUser.id)
        }
    }

    private func run(_ words: [String]) throws -> ContainerBench.Outcome {
        try bench.run(
            program: UnprivilegedUser.setpriv, UnprivilegedUser.options + [runtime, "--root", bench.state] + words)
    }

    @Test("runs as the one id that is mapped")
    func mapping() throws {
        try bench.configure(
            ["sh", "-c", "id -u; cat /proc/self/uid_map; echo x >/tmp/file; exit 3"], rootless: UnprivilegedUser.id,
            changes: [("root.readonly", false)])
        let run = try run(["run", "--bundle", bench.bundle, bench.newID()])
        #expect(run.status == 3, "\(run.error)")
        let words = run.output.split(whereSeparator: \.isWhitespace)
        #expect(words == ["0", "0", "\(UnprivilegedUser.id)", "1"])
        var status = stat()
        #expect(stat(bench.root + "/tmp/file", &status) == 0 && status.st_uid == UnprivilegedUser.id)
    }

    @Test("is created, started, entered, killed and deleted, and leaves nothing")
    func life() throws {
        try bench.configure(["sleep", "1000"], rootless: UnprivilegedUser.id)
        let id = bench.newID()
        for words in [["create", "--bundle", bench.bundle, id], ["start", id]] {
            let outcome = try run(words)
            #expect(outcome.status == 0, "\(words): \(outcome.error)")
        }
        #expect(try run(["state", id]).output.contains("running"))
        let inside = try run(["exec", id, "sh", "-c", "id -u; exit 7"])
        #expect(inside.status == 7 && inside.output == "0\n", "\(inside.error)")
        #expect(try run(["kill", id, "KILL"]).status == 0)
        let deleted = try run(["delete", "--force", id])
        #expect(deleted.status == 0, "\(deleted.error)")
        #expect(access("\(bench.state)/\(id)", F_OK) == -1)
        #expect(try bench.mounts().isEmpty)
    }

    @Test("that asks for a limit is refused, and leaves nothing")
    func limited() throws {
        try bench.configure(
            ["true"], rootless: UnprivilegedUser.id, changes: [("linux.resources", ["pids": ["limit": 10]])])
        let id = bench.newID()
        let run = try run(["run", "--bundle", bench.bundle, id])
        #expect(run.status != 0 && run.error.contains("ermission denied"), "\(run.error)")
        #expect(access("\(bench.state)/\(id)", F_OK) == -1)
    }
}
