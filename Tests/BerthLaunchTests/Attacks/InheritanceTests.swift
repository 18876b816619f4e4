import BerthConfinement
import BerthLaunch
import Foundation
import Testing

/// Rows CVE-2024-21626 (a leaked descriptor as working directory, case 27), CVE-2022-24769 and its like (inheritable
/// capabilities), CVE-2025-23266 (a helper that takes the image's environment): what a task must not inherit or hand on.
@Suite("What is handed down at a launch")
struct InheritanceTests {
    let fixture: LaunchFixture

    init() throws { fixture = try LaunchFixture() }

    @Test("is three descriptors and no more, also while the daemon holds many")
    func descriptors() async throws {
        // Without close-on-exec, as a careless library would open them.
        let leaked = (0..<16).map { _ in open("/", O_RDONLY | O_DIRECTORY) }
        defer { for descriptor in leaked { close(descriptor) } }
        let lines = try await fixture.lines(of: "view").filter { $0.hasPrefix("descriptor ") }
        #expect(lines == ["descriptor 0 /dev/null read", "descriptor 1 pipe write", "descriptor 2 pipe write"])
    }

    @Test("is no descriptor that a working directory could name", arguments: 0..<20)
    func workingDirectory(number: Int) async throws {
        for path in ["/proc/self/fd/\(number)", "/proc/self/fd/\(number)/../../..", "/link"] {
            let request = try fixture.request(["pwd; ls"]) {
                $0.workingDirectory = path
                $0.layers.append("\(fixture.root)/layers/link\(number)")
            }
            _ = try fixture.layer("link\(number)") { directory in
                try? FileManager.default.createSymbolicLink(
                    atPath: "\(directory)/link", withDestinationPath: "/proc/self/fd/\(number)")
            }
            let record = try #require(try await fixture.run(request).record)
            let output = try fixture.output(request)
            let failure = try #require(record.containers[0].failure, "it ran, and printed \(output)")
            #expect(failure.description.hasPrefix("cannot enter the working directory \(path): "))
        }
    }

    @Test("is no descriptor that the path of a program could name, nor a part of PATH", arguments: 3..<20)
    func program(number: Int) async throws {
        let way = "/proc/self/fd/\(number)" + String(repeating: "/..", count: 12) + "/bin"
        for command in [["\(way)/busybox", "true"], ["busybox", "true"]] {
            let request = try fixture.request(commands: [command]) {
                $0.environment = ["PATH=\(way)"]
                $0.layers = ["\(fixture.root)/layers/empty"]
            }
            _ = try fixture.layer("empty") { _ in }
            let record = try #require(try await fixture.run(request).record)
            let failure = try #require(record.containers[0].failure, "it ran a program of the host's")
            // A socket is there until the program is: it leads nowhere.
            let nowhere = ["No such file or directory", "Not a directory"].map { "cannot execute \(command[0]): \($0)" }
            #expect(nowhere.contains(failure.description), "\(failure)")
        }
    }

    @Test("is no inheritable capability, whatever the user and the set", arguments: [0, 1000] as [UInt32])
    func capabilities(uid: UInt32) async throws {
        for set in [CapabilitySet.standard, CapabilitySet.all, []] {
            let lines = try await fixture.lines(of: "view") {
                $0.uid = uid
                $0.capabilities = set
            }
            let none = String(repeating: "0", count: 16)
            #expect(lines.contains("status CapInh: \(none)") && lines.contains("status CapAmb: \(none)"))
            if uid != 0 {
                #expect(lines.contains("status CapEff: \(none)") && lines.contains("status CapPrm: \(none)"))
            }
        }
    }

    @Test("is no variable of the daemon to the task, and none of the task to the shim")
    func environment() async throws {
        setenv("BERTH_TEST_SECRET", "of the daemon", 1)
        defer { unsetenv("BERTH_TEST_SECRET") }
        let variables = ["LD_PRELOAD=/evil.so", "LD_LIBRARY_PATH=/evil", "GCONV_PATH=/evil", "PATH=/evil:/bin"]
        let request = try fixture.request(["cat /proc/self/environ; exec sleep 1000"]) { $0.environment = variables }
        let task = try fixture.launcher.launch(request)
        for await event in task.events {
            guard case .started = event else { continue }
            let shim = try #require(try fixture.shim(of: request))
            #expect(try Data(contentsOf: URL(filePath: "/proc/\(shim)/environ")).isEmpty)
            while try !fixture.output(request).contains("PATH=/evil:/bin") {
                try await Task.sleep(for: .milliseconds(5))
            }
            task.stop()
        }
        let seen = try fixture.output(request).split(separator: "\0").map(String.init)
        #expect(Set(seen).subtracting(["PWD=/", "SHLVL=1", "SHLVL=2", "OLDPWD=/"]) == Set(variables))
    }
}
