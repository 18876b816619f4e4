import BerthConfinement
import BerthLaunch
import Foundation
import Testing

/// Row CVE-2016-9962 and its like: a process on its way into a container is traced there, or its descriptors, its memory or
/// its executable (CVE-2019-5736) are reached through `/proc`.
@Suite("A process that enters a container")
struct EnteringTests {
    let fixture: LaunchFixture
    private static let rounds = 500

    init() throws { fixture = try LaunchFixture() }

    @Test(
        "is neither traced nor opened by a container that tries all the time, also as a tracer",
        arguments: ["trace", "executables"])
    func watched(attack: String) async throws {
        var request = try fixture.attack(attack, ["/stop", "600"]) { $0.capabilities.insert(.sysPtrace) }
        request.containers[0].seccomp = try SeccompCompiler().program(capabilities: request.containers[0].capabilities)
        try await fixture.during(request) { task in
            try await fixture.wait(for: "ready", from: request)
            for _ in 0..<Self.rounds { _ = try await fixture.run(fixture.exec(["true"], in: request), in: task) }
            // The container ends, and takes this along, as soon as the file is there.
            let last = try task.execute(fixture.exec(["touch", "/stop"], in: request))
            for await _ in last.events {}
            try await fixture.wait(for: "over", from: request)
        }
        #expect(try fixture.output(request) == "ready\nover\n")
    }

    @Test("may see no more than the container's own program")
    func view() async throws {
        let request = try fixture.request(["exec sleep 600"])
        try fixture.addAttacker()
        try await fixture.during(request) { task in
            let namespaces = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/ns").map {
                try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/\($0)")
            }
            let seen = try await fixture.run(fixture.exec(["attacker", "view"] + namespaces, in: request), in: task)
                .split(separator: "\n").map(String.init)
            #expect(seen.count > 100)
            let views = try [ExpectedView(named: "view"), ExpectedView(named: "exec")]
            let strange = seen.filter { line in !views.contains { $0.allows(line) } }
            #expect(strange.isEmpty, "in neither list:\n\(strange.joined(separator: "\n"))")
            #expect(views[1].missing(from: seen).isEmpty)
        }
    }

    @Test("inherits no capability, whoever it is", arguments: [0, 1000] as [UInt32])
    func inheritable(uid: UInt32) async throws {
        let request = try fixture.request(["exec sleep 600"])
        try await fixture.during(request) { task in
            var exec = fixture.exec(["grep", "-E", "^Cap(Inh|Amb)", "/proc/self/status"], in: request)
            exec.uid = uid
            let none = String(repeating: "0", count: 16)
            let printed = try await fixture.run(exec, in: task)
            #expect(printed == "CapInh:\t\(none)\nCapAmb:\t\(none)\n")
        }
    }
}

/// The runtime's own process that stays inside: an init, or pid 1 of a shared pid namespace.
@Suite("A process of the runtime's inside a container")
struct InitAttackTests {
    let fixture: LaunchFixture

    init() throws { fixture = try LaunchFixture() }

    @Test("as its init can neither be opened nor traced", arguments: ["trace", "executables"])
    func initProcess(attack: String) async throws {
        let lines = try await fixture.lines(of: attack, ["/none", "0.3"]) {
            $0.initProcess = true
            $0.capabilities.insert(.sysPtrace)
        }
        #expect(lines == ["ready", "over"])
    }

    @Test(
        "on its way to another container of the task can neither be opened nor traced",
        arguments: ["trace", "executables"])
    func sharedProcesses(attack: String) async throws {
        try fixture.addAttacker()
        let commands = [["attacker", attack, "/stop", "600"]] + Array(repeating: ["true"], count: 12)
        var request = try fixture.request(commands: commands) {
            $0.essential = false
            $0.capabilities.insert(.sysPtrace)
            if $0.name != "c0" { $0.dependencies = [.init(container: 0, condition: .start)] }
        }
        request.sharesProcesses = true
        let task = try fixture.launcher.launch(request)
        var (events, left) = ([TaskEvent](), Set(1..<commands.count))
        for await event in task.events {
            events.append(event)
            switch event {
            case .exited(let container, _, _) where left.remove(container) != nil && left.isEmpty:
                let last = try task.execute(fixture.exec(["touch", "/stop"], in: request))
                for await _ in last.events {}
            case .failed: task.stop()
            default: break
            }
        }
        let record = try #require(events.record)
        #expect(record.containers.allSatisfy { $0.status == .code(0) }, "\(record.containers)")
        #expect(try fixture.output(request) == "ready\nover\n")
    }
}
