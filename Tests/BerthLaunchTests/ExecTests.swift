import BerthLaunch
import BerthLinux
import Foundation
import Testing

@Suite("A program executed in a running container", .serialized)
struct ExecTests {
    let fixture: LaunchFixture
    init() throws { fixture = try LaunchFixture() }

    /// Runs `script` in a container that sleeps; its output, its errors and how it ended.
    private func execute(
        _ script: String, terminal: WindowSize? = nil, change: (inout ExecRequest) -> Void = { _ in },
        container: (inout ContainerLaunch) -> Void = { _ in }
    ) async throws -> (output: String, errors: String, events: [ExecEvent]) {
        let request = try fixture.request(["echo secret >/tmp/file; exec sleep 600"], change: container)
        let task = try fixture.launcher.launch(request)
        var result: (String, String, [ExecEvent])?
        for await event in task.events {
            guard case .started = event else { continue }
            let launched = request.containers[0]
            var exec = ExecRequest(
                container: 0, cgroup: request.cgroup.containers[0], arguments: ["sh", "-c", script],
                environment: ["PATH=/bin", "WHO=exec"], workingDirectory: "/tmp", uid: 0, gid: 0, additionalGids: [],
                capabilities: launched.capabilities, seccomp: launched.seccomp, terminal: terminal)
            change(&exec)
            result = try await collect(try task.execute(exec))
            task.stop()
        }
        return try #require(result)
    }

    private func collect(_ exec: RunningExec) async throws -> (String, String, [ExecEvent]) {
        var events: [ExecEvent] = []
        for await event in exec.events { events.append(event) }
        return (read(exec.takeOutput()), read(exec.takeErrorOutput()), events)
    }

    private func read(_ owned: consuming OwnedDescriptor?) -> String {
        guard let owned else { return "" }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        // Of a terminal the end is EIO.
        while case let count = Glibc.read(owned.number, &part, part.count), count > 0 { bytes += part[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("is where the container is, confined as it is, and in its cgroup")
    func inside() async throws {
        let result = try await execute(
            "id -u; cat file; pwd; echo $WHO; hostname; cat /proc/1/cmdline | head -c 5; echo; "
                + "grep -E '^(Cap(Inh|Bnd)|NoNewPrivs|Seccomp):' /proc/self/status; cat /proc/self/cgroup; "
                + "ls /proc/self/fd | wc -l; echo oops >&2; exit 3")
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.starts(with: ["0", "secret", "/tmp", "exec"]))
        #expect(lines[4].hasPrefix("task-") && lines[5] == "sleep")
        #expect(lines.contains("CapInh:\t0000000000000000") && lines.contains("CapBnd:\t00000000a80425fb"))
        #expect(lines.contains("NoNewPrivs:\t1") && lines.contains("Seccomp:\t2"))
        #expect(lines.contains("0::/"), "\(lines)")
        // Its three, and the directory that ls reads.
        #expect(lines.last == "4")
        #expect(result.errors == "oops\n")
        #expect(result.events == [.started, .exited(.code(3))])
    }

    @Test("has a terminal of the container's with the size it asked for")
    func terminal() async throws {
        let result = try await execute(
            "tty; stty size; test -t 2 && echo both", terminal: WindowSize(rows: 33, columns: 77)
        ) { $0.uid = 1000 }
        #expect(result.output == "/dev/pts/0\r\n33 77\r\nboth\r\n")
        #expect(result.events.last == .exited(.code(0)))
    }

    @Test("that is not there is named")
    func missing() async throws {
        let result = try await execute("") { $0.arguments = ["nothing"] }
        #expect(
            result.events == [
                .failed(
                    LaunchFailure(
                        description: "cannot execute nothing: No such file or directory", isCommandFault: true,
                        isCommandMissing: true))
            ])
    }

    @Test("that is no program is told from one that is not there", arguments: ["/etc", "/bin/busybox/x", "/nothing"])
    func exitCodes(command: String) async throws {
        let result = try await execute("") { $0.arguments = [command] }
        guard case .failed(let failure)? = result.events.first else { return #expect(Bool(false), "\(result.events)") }
        #expect(failure.exitCode == (command == "/nothing" ? 127 : 126))
    }

    @Test("ends with the container, and with the one who asked for it")
    func ends() async throws {
        let request = try fixture.request(["exec sleep 600"])
        let task = try fixture.launcher.launch(request)
        for await event in task.events {
            guard case .started = event else { continue }
            let exec = { (script: String) throws in
                try task.execute(
                    ExecRequest(
                        container: 0, cgroup: request.cgroup.containers[0], arguments: ["sh", "-c", script],
                        environment: ["PATH=/bin"], workingDirectory: "/", uid: 0, gid: 0, additionalGids: [],
                        capabilities: .standard, seccomp: request.containers[0].seccomp, terminal: nil))
            }
            var left: RunningExec? = try exec("exec sleep 601")
            for await event in try #require(left?.events) where event == .started { left = nil }
            let signalled = try exec("exec sleep 602")
            var ending: ExecEvent?
            for await event in signalled.events {
                if event == .started { signalled.send(signal: 15) }
                ending = event
            }
            #expect(ending == .exited(.signal(15)))
            let last = try exec("exec sleep 603")
            for await event in last.events {
                if event == .started { task.stop() }
                ending = event
            }
            #expect(ending == .exited(.signal(9)))
            task.stop()
        }
        #expect(throws: LinuxError.self) {
            try task.execute(
                ExecRequest(
                    container: 0, cgroup: request.cgroup.containers[0], arguments: ["true"], environment: [],
                    workingDirectory: "/", uid: 0, gid: 0, additionalGids: [], capabilities: .standard,
                    seccomp: request.containers[0].seccomp, terminal: nil))
        }
    }

    @Test("can be executed in a task that another daemon started")
    func adopted() async throws {
        let request = try fixture.request(["exec sleep 600"])
        let first = try fixture.launcher.launch(request)
        for await event in first.events {
            guard case .started = event else { continue }
            guard case .running(let second) = try Launcher(shim: LaunchFixture.shim).adopt(directory: request.directory)
            else {
                Issue.record("not running")
                break
            }
            for await event in second.events {
                guard case .started = event else { continue }
                let result = try await collect(
                    try second.execute(
                        ExecRequest(
                            container: 0, cgroup: request.cgroup.containers[0], arguments: ["echo", "again"],
                            environment: ["PATH=/bin"], workingDirectory: "/", uid: 0, gid: 0, additionalGids: [],
                            capabilities: .standard, seccomp: request.containers[0].seccomp, terminal: nil)))
                #expect(result.0 == "again\n")
                second.stop()
            }
        }
    }
}
