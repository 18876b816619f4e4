import BerthLaunch
import Foundation
import Testing

/// What a definition may ask for beyond a command, seen from inside.
@Suite("A container option", .serialized)
struct OptionTests {
    let fixture: LaunchFixture
    init() throws { fixture = try LaunchFixture() }

    private func output(_ script: String, change: (inout ContainerLaunch) -> Void) async throws -> [String] {
        let request = try fixture.request([script], change: change)
        let record = try #require(try await fixture.run(request).record)
        let printed = try fixture.output(request)
        #expect(record.containers[0].status == .code(0), "\(record.containers[0].failure as Any) \(printed)")
        return printed.split(whereSeparator: \.isNewline).map(String.init)
    }

    @Test("init reaps what is orphaned, forwards signals, and ends with the program's code")
    func initProcess() async throws {
        let request = try fixture.request([
            """
            cat /proc/1/cmdline | head -c 10; echo; (sleep 0.1 &); i=0
            while sleep 0.05; set -- /proc/[0-9]*; [ $# -gt 2 ] && [ $i -lt 600 ]; do i=$((i + 1)); done
            echo $#; trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done
            """
        ]) { ($0.initProcess, $0.stopTimeout) = (true, 60) }
        let task = try fixture.launcher.launch(request)
        for await event in task.events {
            if case .started = event {
                while !(try fixture.output(request).contains("ready")) { try await Task.sleep(for: .milliseconds(20)) }
                task.stop()
            }
            if case .finished(let record) = event { #expect(record.containers[0].status == .code(7)) }
        }
        let lines = try fixture.output(request).split(separator: "\n")
        // init and the shell, which counts: no zombie is left.
        #expect(lines == ["berth-shim", "2", "ready"])
    }

    @Test("init tells a signal that ended the program as 128 and its number")
    func initSignal() async throws {
        let request = try fixture.request(["kill -9 $$"]) { $0.initProcess = true }
        #expect(try await fixture.run(request).record?.containers[0].status == .code(137))
    }

    @Test("init names a command that the image does not have")
    func initMissing() async throws {
        let request = try fixture.request(commands: [["/no/such"]]) { $0.initProcess = true }
        let failure = try await fixture.run(request).record?.containers[0].failure
        #expect(failure?.description == "cannot execute /no/such: No such file or directory")
    }

    @Test("tmpfs is where and as big as it was asked for, through a link of the image's too")
    func tmpfs() async throws {
        let base = "\(fixture.root)/layers/base"
        try FileManager.default.createSymbolicLink(atPath: "\(base)/scratch", withDestinationPath: "/data")
        let lines = try await output("grep tmpfs /proc/mounts; touch /data/x /scratch/y") {
            $0.tmpfs = [
                TmpfsMount(path: "/data/deep", sizeBytes: 4 << 20, options: ["exec", "mode=0700"]),
                TmpfsMount(path: "/scratch/more", sizeBytes: 1 << 20, options: ["ro", "noatime"]),
            ]
            $0.sharedMemoryBytes = 8 << 20
        }
        #expect(lines.contains { $0.contains(" /data/deep ") && $0.contains("size=4096k") && !$0.contains("noexec") })
        #expect(lines.contains { $0.contains(" /data/more ") && $0.contains("ro,nosuid,nodev,noexec,noatime") })
        #expect(lines.contains { $0.contains(" /dev/shm ") && $0.contains("size=8192k") })
    }

    @Test("limits are the program's")
    func limits() async throws {
        let lines = try await output("ulimit -n; ulimit -Hn; ulimit -c; ulimit -f") {
            $0.limits = [
                ResourceLimit(.nofile, soft: 100, hard: 200), ResourceLimit(.fsize, soft: 1 << 20, hard: 1 << 20),
            ]
        }
        #expect(lines == ["100", "200", "0", "2048"])
    }

    @Test("a user and a group keep their ids when the operator says so, and all others do not")
    func keptIDs() async throws {
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o1777], ofItemAtPath: "\(fixture.root)/layers/base/tmp")
        var request = try fixture.request(["cat /proc/self/uid_map /proc/self/gid_map; echo > /tmp/mine"]) {
            $0.uid = 1000
            $0.gid = 1001
        }
        request.hostIDBase = 1_900_000_000
        request.keptIDs = KeptIDs(uid: 1000, gid: 1001)
        #expect(try await fixture.run(request).record?.containers[0].status == .code(0))
        let rows = try fixture.output(request).split(separator: "\n").map { $0.split(separator: " ").map { Int($0) } }
        #expect(
            rows == [
                [0, 1_900_000_000, 1000], [1000, 1000, 1], [1001, 1_900_001_001, 64535],
                [0, 1_900_000_000, 1001], [1001, 1001, 1], [1002, 1_900_001_002, 64534],
            ])
        let file = try FileManager.default.attributesOfItem(
            atPath: "\(request.directory)/containers/c0/upper/tmp/mine")
        #expect(file[.ownerAccountID] as? Int == 1000)
        #expect(file[.groupOwnerAccountID] as? Int == 1001)
    }

    @Test("a limit that the host does not have fails the start by its name; a default gives way")
    func impossibleLimit() async throws {
        let most = try #require(
            UInt64(String(contentsOfFile: "/proc/sys/fs/nr_open", encoding: .utf8).filter(\.isNumber)))
        let request = try fixture.request(["true"]) {
            $0.limits = [ResourceLimit(.nofile, soft: 100, hard: most + 1)]
        }
        let failure = try await fixture.run(request).record?.containers[0].failure
        #expect(failure?.description == "cannot set the resource limit nofile: Operation not permitted")
    }

    @Test("system controls are set in the task's own namespaces, and nowhere else")
    func systemControls() async throws {
        let path = "/proc/sys/net/ipv4/ip_local_port_range"
        let before = try String(contentsOfFile: path, encoding: .utf8)
        let lines = try await output("cat \(path) /proc/sys/kernel/shmmni") {
            $0.systemControls = [
                SystemControl(name: "net.ipv4.ip_local_port_range", value: "4000 5000"),
                SystemControl(name: "kernel.shmmni", value: "123"),
            ]
        }
        #expect(lines == ["4000\t5000", "123"])
        #expect(try String(contentsOfFile: path, encoding: .utf8) == before)
    }

    @Test("a system control of the host is refused by name")
    func hostControl() async throws {
        let request = try fixture.request(["true"]) {
            $0.systemControls = [SystemControl(name: "kernel.core_pattern", value: "|/bin/sh")]
        }
        let failure = try #require(try await fixture.run(request).record?.containers[0].failure)
        #expect(failure.description.hasPrefix("cannot set the kernel parameter kernel.core_pattern: "))
    }

    @Test("a terminal is the program's, and what it prints is logged")
    func terminal() async throws {
        let lines = try await output("tty; test -t 0 && test -t 1 && test -t 2 && ls -l /dev/console | head -c 1") {
            $0.terminal = true
            $0.uid = 1000
        }
        #expect(lines == ["/dev/pts/0", "c"])
    }

    @Test("input stays open when it is asked for, and is empty when not", arguments: [true, false])
    func input(open: Bool) async throws {
        let request = try fixture.request(["cat; echo over"]) {
            $0.keepsInput = open
            $0.stopTimeout = 1
        }
        let task = try fixture.launcher.launch(request)
        for await event in task.events {
            guard case .started = event, open else { continue }
            try await Task.sleep(for: .milliseconds(200))
            #expect(try fixture.output(request) == "")
            task.stop()
        }
        #expect(try fixture.output(request) == (open ? "" : "over\n"))
    }

    @Test("a shared process namespace shows each container the other's processes, and outlives either")
    func sharedProcesses() async throws {
        let script = """
            until [ "$found" ]; do
                for p in /proc/[0-9]*; do [ "$(tr '\\0' ' ' <$p/cmdline)" = "sleep 1000 " ] && found=$p; done
            done
            echo seen; kill ${found#/proc/}; while [ -e "$found" ]; do sleep 0.05; done; echo alive
            """
        var request = try fixture.request(commands: [["sleep", "1000"], ["sh", "-c", script]]) {
            $0.essential = $0.name == "c1"
            if $0.name == "c1" { $0.dependencies = [.init(container: 0, condition: .start)] }
        }
        request.sharesProcesses = true
        let record = try #require(try await fixture.run(request).record)
        #expect(record.containers.map(\.status) == [.signal(15), .code(0)], "\(record.containers)")
        #expect(try fixture.output(request, 1) == "seen\nalive\n")
    }

    @Test("a program other than root's holds no capability, root the ones it was given")
    func capabilities() async throws {
        for (uid, held) in [(UInt32(0), "0000000000000400"), (1000, "0000000000000000")] {
            let lines = try await output("grep -E '^Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status") {
                $0.uid = uid
                $0.capabilities = [.netBindService]
            }
            #expect(
                lines.map { String($0.suffix(16)) } == [
                    "0000000000000000", held, held, "0000000000000400", "0000000000000000",
                ])
        }
    }
}
