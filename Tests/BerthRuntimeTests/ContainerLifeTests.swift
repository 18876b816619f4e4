import BerthLinux
import BerthOCI
import Foundation
import Glibc
import Testing

@testable import BerthCgroups
@testable import BerthRuntime

/// The executable itself, as engines call it.
@Suite("A container of berth-oci", .enabled(if: ContainerBench.canRun, "SKIPPED: needs root and /bin/busybox"))
struct ContainerLifeTests {
    let bench: ContainerBench

    init() throws { bench = try ContainerBench() }

    private func status(_ id: String) throws -> JSONValue? {
        try JSONReader.parse(Array(bench.run(["state", id]).output.utf8), name: "state")["status"]
    }

    @Test("is created, started, entered, killed and deleted, and leaves nothing")
    func life() throws {
        let id = bench.newID()
        try bench.configure("echo begun >/tmp/begun; exec sleep 1000", changes: [("root.readonly", false)])
        let created = try bench.run(["create", "--bundle", bench.bundle, "--pid-file", bench.directory + "/pid", id])
        #expect(created.status == 0, "\(created.error)")
        #expect(try status(id) == "created")
        #expect(access(bench.root + "/tmp/begun", F_OK) != 0)
        #expect(try bench.run(["start", id]).status == 0)
        #expect(try status(id) == "running")
        let pid = try #require(Int32(try SmallFile.read(bench.directory + "/pid")))
        while !(try SmallFile.read("/proc/\(pid)/cmdline").hasPrefix("sleep")) { usleep(5000) }

        let inside = try bench.run(["exec", id, "sh", "-c", "echo $$; cat /proc/1/cmdline; exit 7"])
        #expect(inside.status == 7, "\(inside.error)")
        #expect(inside.output.contains("sleep\u{0}1000"))
        #expect(access(bench.root + "/tmp/begun", F_OK) == 0)
        let cgroup = try RuntimeCgroup(RuntimeCgroupPath(nil, id: id))
        #expect(try cgroup.processes() == [pid])
        #expect(try bench.run(["delete", id]).error.contains("not stopped"))

        #expect(try bench.run(["kill", id, "KILL"]).status == 0)
        #expect(try bench.run(["delete", "--force", id]).status == 0)
        #expect(ProcessIdentity.startTime(of: pid) == nil)
        #expect(!cgroup.exists)
        #expect(access("\(bench.state)/\(id)", F_OK) == -1)
        #expect(try bench.mounts().isEmpty)
        #expect(try bench.run(["state", id]).error.contains("does not exist"))
    }

    @Test("is not created when a hook fails or takes too long, and leaves nothing")
    func hooks() throws {
        for (script, timeout, reason) in [
            ("exit 3", 60, "ended with exit code 3"), ("kill -9 $$", 60, "ended by signal 9"),
            ("exec sleep 1000", 1, "took longer than its 1 s and was killed"),
        ] as [(String, JSONValue, String)] {
            let hook: JSONValue = [
                "path": "/bin/sh", "args": .strings(["sh", "-c", script]), "env": ["PATH=/bin:/usr/bin"],
                "timeout": timeout,
            ]
            try bench.configure(["true"], changes: [("hooks.createRuntime", [hook])])
            let id = bench.newID()
            let create = try bench.run(["create", "--bundle", bench.bundle, id])
            #expect(create.status == 1 && create.error.contains("createRuntime hook /bin/sh: \(reason)"))
            #expect(access("\(bench.state)/\(id)", F_OK) == -1)
            #expect(try !RuntimeCgroup(RuntimeCgroupPath(nil, id: id)).exists)
        }
    }

    @Test("hands its exit code and its output to who stays with it")
    func foreground() throws {
        try bench.configure("echo out; echo err >&2; exit 5")
        let run = try bench.run(["run", "--bundle", bench.bundle, bench.newID()])
        #expect(run.status == 5 && run.output == "out\n" && run.error == "err\n")
    }

    /// The program's terminal takes no more than a few KiB that nobody reads, and neither does ours.
    @Test("with a terminal ends when its program does, however much nobody reads of what it is told")
    func floodedTerminal() throws {
        try bench.configure("head -c 1000000 /dev/zero; exit 6", terminal: true)
        let path = bench.directory + "/input"
        try Data(repeating: UInt8(ascii: "\n"), count: 1 << 20).write(to: URL(filePath: path))
        let input = try OwnedDescriptor.open(path, flags: O_RDONLY)
        let run = try bench.run(["run", "--bundle", bench.bundle, bench.newID()], input: input.number)
        #expect(run.status == 6, "\(run.error)")
        #expect(run.output.utf8.count { $0 == 0 } == 1_000_000)
    }

    @Test("passes all that it is told to a program that reads, and its end")
    func readTerminal() throws {
        try bench.configure(
            "stty raw -echo; echo ready; head -c 300000 >/tmp/told; exit 4", terminal: true,
            changes: [("root.readonly", false)])

        let path = bench.directory + "/input"
        let line = Array("0123456789abcdef\n".utf8)
        try Data((0..<20_000).flatMap { _ in line }).write(to: URL(filePath: path))
        let input = try OwnedDescriptor.open(path, flags: O_RDONLY)
        let run = try bench.run(["run", "--bundle", bench.bundle, bench.newID()], input: input.number)
        #expect(run.status == 4, "\(run.error)")
    }

    @Test("gives a program that enters it the home of its own user")
    func home() throws {
        let users = "root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n"
        try Data(users.utf8).write(to: URL(filePath: bench.root + "/etc/passwd"))
        let id = bench.newID()
        try bench.configure(["sleep", "1000"])
        try #require(try bench.run(["run", "--detach", "--bundle", bench.bundle, id]).status == 0)
        let command = ["sh", "-c", "echo $HOME"]
        #expect(try bench.run(["exec", id] + command).output == "/root\n")
        #expect(try bench.run(["exec", "--user", "1000", id] + command).output == "/home/user\n")
        #expect(try bench.run(["exec", "--user", "7", id] + command).output == "/\n")
        #expect(try bench.run(["exec", "--user", "1000", "--env", "HOME=/x", id] + command).output == "/x\n")
        let process: JSONValue = [
            "args": .strings(command), "cwd": "/", "user": ["uid": 1000, "gid": 1000],
            "env": ["PATH=/bin"],
        ]
        let file = bench.directory + "/process"
        try Data(process.text().utf8).write(to: URL(filePath: file))
        #expect(try bench.run(["exec", "--process", file, id]).output == "/home/user\n")
    }

    @Test("takes what it reads from standard input from a socket, too")
    func socket() throws {
        let id = bench.newID()
        try bench.configure(["sleep", "1000"])
        try #require(try bench.run(["run", "--detach", "--bundle", bench.bundle, id]).status == 0)
        func run(_ words: [String], _ document: JSONValue) throws -> ContainerBench.Outcome {
            let pair = try SocketPair()
            try pair.ours.writeAll(Array(document.text().utf8), subject: "socket")
            shutdown(pair.ours.number, Int32(SHUT_WR))
            return try bench.run(words, input: pair.theirs.number)
        }
        let update = try run(["update", "--resources", "-", id], ["pids": ["limit": 33]])
        #expect(update.status == 0, "\(update.error)")
        let cgroup = try RuntimeCgroup(RuntimeCgroupPath(nil, id: id))
        #expect(try cgroup.statistics().processes?.limit == 33)
        let process: JSONValue = ["args": ["sh", "-c", "exit 9"], "cwd": "/", "user": ["uid": 0, "gid": 0]]
        let exec = try run(["exec", "--process", "-", id], process)
        #expect(exec.status == 9, "\(exec.error)")
    }

    @Test("is listed beside one whose record nobody can read, which is told of")
    func listed() throws {
        let id = bench.newID()
        try bench.configure(["sleep", "1000"])
        try #require(try bench.run(["run", "--detach", "--bundle", bench.bundle, id]).status == 0)
        for (name, record) in [("torn", "{\"id\":"), ("other", "{}")] {
            mkdir("\(bench.state)/\(name)", 0o700)
            try Data(record.utf8).write(to: URL(filePath: "\(bench.state)/\(name)/state.json"))
        }
        let list = try bench.run(["list", "--quiet"])
        #expect(list.status == 0 && list.output == id + "\n")
        #expect(list.error.contains("torn/state.json") && list.error.contains("other/state.json"))
    }
}
