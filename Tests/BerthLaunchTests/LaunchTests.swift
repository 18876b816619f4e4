import BerthLaunch
import BerthLinux
import Foundation
import Testing

@Suite("A launched task", .serialized)
struct LaunchTests {
    let fixture: LaunchFixture
    /// Minor versions of Linux 6 whose way to give layers this kernel has: by path always, by descriptor since 6.13.
    static let fitting = KernelRelease.current < KernelRelease(major: 6, minor: 13) ? [1] : [1, 13]

    init() throws { fixture = try LaunchFixture() }

    @Test("runs its command and reports exit code, times and counters")
    func runs() async throws {
        let request = try fixture.request(["echo $GREETING; echo oops >&2; exit 7"])
        let events = try await fixture.run(request)
        let record = try #require(events.record)
        #expect(record.containers[0].status == .code(7))
        #expect(try fixture.output(request, of: 1) == "hello\n")
        #expect(try fixture.output(request, of: 2) == "oops\n")
        let started = try #require(record.containers[0].startedAt), exited = try #require(record.containers[0].exitedAt)
        #expect(started.boottime <= exited.boottime && exited.boottime <= record.finishedAt.boottime)
        let usage = fixture.driver.usage(from: record.counters)
        #expect(usage.cpuUsec ?? 0 > 0)
        #expect(try fixture.driver.tasks().isEmpty)
        guard case .started = events.first else { return #expect(Bool(false), "\(events)") }
    }

    @Test("sees its own root, name, ids and nothing of the host")
    func isolated() async throws {
        let request = try fixture.request([
            "hostname; id -u; ls /; grep -c . /proc/mounts >/dev/null && echo mounts; ls /proc/self/fd | cat; echo $$; "
                + "cat /proc/self/uid_map; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status"
        ])
        let events = try await fixture.run(request)
        #expect(events.record?.containers[0].status == .code(0))
        let lines = try fixture.output(request).split(separator: "\n").map(String.init)
        #expect(lines.starts(with: [request.hostname, "0", "bin", "dev", "etc", "proc", "sys", "tmp", "mounts"]))
        #expect(lines.contains { $0.split(separator: " ") == ["0", "1000000", "65536"] })
        #expect(lines.contains("CapInh:\t0000000000000000"))
        #expect(lines.contains("CapBnd:\t00000000a80425fb"))
        #expect(lines.contains("NoNewPrivs:\t1"))
        #expect(lines.contains("Seccomp:\t2"))
    }

    @Test("gets its layers by path on a kernel that does not take them by descriptor")
    func olderKernel() async throws {
        let launcher = try Launcher(shim: LaunchFixture.shim, kernel: KernelRelease(major: 6, minor: 1))
        let script = "touch /new; ls -ln /bin/busybox /new | cat"
        let request = try fixture.request([script, script]) {
            $0.essential = $0.name == "c1"
            $0.stopTimeout = 60
        }
        var record: TaskRecord?
        for await event in try launcher.launch(request).events { record = [event].record }
        #expect(record?.containers[0].status == .code(0), "\(record?.containers[0].failure as Any)")
        for container in 0...1 {
            let lines = try fixture.output(request, container).split(separator: "\n")
            #expect(lines.map { $0.split(separator: " ")[2] } == ["0", "0"])
        }
    }

    @Test("finds its files owned by its own root, and what it writes stays out of the layer")
    func ownership() async throws {
        let request = try fixture.request(["touch /new /bin/touched; ls -ln /bin/busybox /new | cat"])
        #expect(try await fixture.run(request).record?.containers[0].status == .code(0))
        let owners = try fixture.output(request).split(separator: "\n").map { $0.split(separator: " ")[2] }
        #expect(owners == ["0", "0"])
        #expect(!FileManager.default.fileExists(atPath: "\(fixture.root)/layers/base/new"))
        let upper = "\(request.directory)/containers/c0/upper"
        let owner = try FileManager.default.attributesOfItem(atPath: "\(upper)/new")[.ownerAccountID] as? Int
        #expect(owner == 1_000_000)
    }

    @Test("gets a layer that its image lists twice once, and as many layers as it has", arguments: Self.fitting)
    func manyLayers(minor: Int) async throws {
        let names = (0..<20).map { "\($0)".padding(toLength: 64, withPad: "x", startingAt: 0) }
        for name in names {
            let layer = "\(fixture.root)/layers/\(name)"
            try FileManager.default.createDirectory(atPath: layer, withIntermediateDirectories: true)
            try Data(name.utf8).write(to: URL(filePath: "\(layer)/top"))
        }
        let request = try fixture.request(["cat /top"]) {
            $0.layers += (names + [names[3]]).map { "\(fixture.root)/layers/\($0)" }
        }
        let launcher = try Launcher(shim: LaunchFixture.shim, kernel: KernelRelease(major: 6, minor: minor))
        for await event in try launcher.launch(request).events where event.isLast {
            #expect([event].record?.containers[0].status == .code(0))
        }
        #expect(try fixture.output(request) == names[3])
    }

    @Test("that prints without end is still heard when it is to stop")
    func floods() async throws {
        let request = try fixture.request(["cat /dev/zero"]) { $0.stopTimeout = 1 }
        let task = try fixture.launcher.launch(request)
        for await event in task.events {
            if case .started = event { task.stop() }
            if event.isLast { #expect([event].record?.containers[0].status == .signal(9)) }
        }
    }

    @Test("gets signals as a new program expects them, and may open /dev/stdout anew whoever it is")
    func signalsAndOutput() async throws {
        let request = try fixture.request(["grep -E '^Sig(Ign|Blk)' /proc/self/status; echo again > /dev/stdout"]) {
            $0.uid = 1000
            $0.readonlyRootFilesystem = true
            $0.workingDirectory = "/made/here"
        }
        #expect(try await fixture.run(request).record?.containers[0].status == .code(0))
        let none = String(repeating: "0", count: 16)
        let output = try fixture.output(request)
        #expect(output == "SigBlk:\t\(none)\nSigIgn:\t\(none)\nagain\n", "\(output)")
    }

    @Test("names a command that the image does not have")
    func missingCommand() async throws {
        let request = try fixture.request(commands: [["no-such-program"]])
        let record = try #require(try await fixture.run(request).record)
        #expect(record.containers[0].status == nil)
        #expect(
            record.containers[0].failure?.description == "cannot execute no-such-program: No such file or directory")
        #expect(record.containers[0].failure?.isCommandFault == true)
        #expect(try fixture.driver.tasks().isEmpty)
    }

    @Test("is stopped by its signal, and by SIGKILL when that does not help", arguments: [true, false])
    func stops(heeds: Bool) async throws {
        let trap = heeds ? "trap 'echo bye; exit 3' TERM" : "trap '' TERM"
        let request = try fixture.request(["\(trap); echo ready; while :; do sleep 0.05; done"]) {
            $0.stopTimeout = heeds ? 60 : 1
        }
        let task = try fixture.launcher.launch(request)
        var status: BerthLaunch.ExitStatus?
        for await event in task.events {
            if case .started = event {
                while try !fixture.output(request).contains("ready") { try await Task.sleep(for: .milliseconds(5)) }
                task.stop()
            }
            if case .finished(let record) = event { status = record.containers[0].status }
        }
        #expect(status == (heeds ? .code(3) : .signal(9)))
    }

    @Test("is killed for memory above its limit, and its counters say so")
    func outOfMemory() async throws {
        let request = try fixture.request(
            ["x=$(cat /dev/zero | head -c 100000000 | tr '\\0' a)"], memory: 16 << 20)
        let fill = try fixture.request(commands: [["sh", "-c", "a=a; while :; do a=$a$a$a$a; done"]], memory: 16 << 20)
        let record = try #require(try await fixture.run(fill).record)
        #expect(record.containers[0].status == .signal(9))
        #expect(fixture.driver.usage(from: record.counters).oomKills ?? 0 > 0)
        try fixture.driver.removeTask(request.id)
    }

    @Test("runs as the user it is given, without capabilities")
    func otherUser() async throws {
        let request = try fixture.request(["id -u; id -g; id -G; grep CapEff /proc/self/status; pwd"]) {
            $0.uid = 1000
            $0.gid = 1001
            $0.additionalGids = [5, 6]
            $0.workingDirectory = "/srv/here"
        }
        #expect(try await fixture.run(request).record?.containers[0].status == .code(0))
        #expect(try fixture.output(request) == "1000\n1001\n1001 5 6\nCapEff:\t0000000000000000\n/srv/here\n")
    }

    @Test("has containers that share a network, in the order that they depend on each other")
    func severalContainers() async throws {
        let request = try fixture.request(["echo first", "echo second", "echo never"]) { container in
            if container.name == "c0" { container.essential = false }
            if container.name == "c1" {
                container.dependencies = [.init(container: 0, condition: .success)]
                container.arguments = ["sh", "-c", "readlink /proc/self/ns/net; sleep 0.2"]
            }
            if container.name == "c2" {
                container.essential = false
                container.dependencies = [.init(container: 1, condition: .complete)]
            }
        }
        let record = try #require(try await fixture.run(request).record)
        #expect(record.containers[0].status == .code(0))
        #expect(record.containers[1].status != nil)
        let first = try #require(record.containers[0].exitedAt), second = try #require(record.containers[1].startedAt)
        #expect(first.boottime <= second.boottime)
        // The end of the essential container ends the task: what waited for it is never started.
        #expect(record.containers[2].status == nil)
    }

    @Test("is found again by another launcher, alive or finished, and its events come again")
    func adopted() async throws {
        let request = try fixture.request(["trap 'exit 5' TERM; echo on; while :; do sleep 0.05; done"]) {
            $0.stopTimeout = 60
        }
        _ = try fixture.launcher.launch(request)
        let other = try Launcher(shim: LaunchFixture.shim)
        guard case .running(let task) = try other.adopt(directory: request.directory) else {
            return #expect(Bool(false), "not running")
        }
        var events: [TaskEvent] = []
        for await event in task.events {
            events.append(event)
            guard case .started = event else { continue }
            try await fixture.wait(for: "on", from: request)
            task.stop()
        }
        #expect(events.record?.containers[0].status == .code(5))
        #expect(events.count == 3)
        switch try other.adopt(directory: request.directory) {
        case .finished(let record): #expect(record == events.record)
        // The shim has said that it is done and is still on its way out: its last event comes again.
        case .running(let task): for await event in task.events where event.isLast { #expect(event == events.last) }
        default: #expect(Bool(false), "not finished")
        }
    }

    @Test("that never began is told from one whose shim was lost")
    func neverStartedAndLost() async throws {
        let never = try fixture.request(["true"])
        guard case .neverStarted = try fixture.launcher.adopt(directory: never.directory) else {
            return #expect(Bool(false), "began?")
        }
        let lost = try fixture.request(["exec sleep 1000"])
        let task = try fixture.launcher.launch(lost)
        for await event in task.events {
            // As an operator's mistake would.
            if case .started = event { kill(try #require(try fixture.shim(of: lost)), SIGKILL) }
            if event.isLast { #expect(event == .lost) }
        }
        switch try fixture.launcher.adopt(directory: lost.directory) {
        case .lost: break
        // The kernel may close its listening socket a moment after its connections.
        case .running(let task): for await event in task.events { #expect(event == .lost) }
        default: #expect(Bool(false), "not lost")
        }
    }
}
