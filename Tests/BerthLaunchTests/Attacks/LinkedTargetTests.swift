import BerthLaunch
import Foundation
import Testing

/// Rows CVE-2021-30465, CVE-2024-45310, CVE-2025-31133, CVE-2026-41579, CVE-2026-47766 and case 31: an image brings a link
/// where the runtime mounts or makes something, so that the host gets it instead.
@Suite("A link in an image, where the runtime wants a directory")
struct LinkedTargetTests {
    let fixture: LaunchFixture
    /// What the links lead to: it must stay as it is.
    let victim: String

    init() throws {
        fixture = try LaunchFixture()
        victim = "\(fixture.root)/victim"
        try FileManager.default.createDirectory(atPath: "\(victim)/shm", withIntermediateDirectories: true)
        try Data("kept".utf8).write(to: URL(filePath: "\(victim)/null"))
    }

    @Test(
        "stops the launch with a sentence and changes nothing on the host",
        arguments: [
            ("proc", "cannot attach /proc: Too many levels of symbolic links"),
            ("dev", "cannot attach /dev: Too many levels of symbolic links"),
            ("sys", "cannot attach /sys: Too many levels of symbolic links"),
        ])
    func refused(name: String, sentence: String) async throws {
        for target in [victim, "..\(victim)", "/proc/self/root", "/proc/1/root", "etc"] {
            var request = try fixture.request(["echo started"])
            request.containers[0].layers.append(
                try fixture.layer("link-\(UUID().uuidString)") {
                    try FileManager.default.createSymbolicLink(atPath: "\($0)/\(name)", withDestinationPath: target)
                })
            let record = try #require(try await fixture.run(request).record)
            #expect(record.containers[0].failure?.description == sentence)
            try expectVictimUntouched()
        }
    }

    @Test("for /dev/null, /dev/pts or a masked file is covered by our own device: nothing is mounted from the image")
    func devicesOfImage() async throws {
        let layer = try fixture.layer("devices") {
            try FileManager.default.createDirectory(atPath: "\($0)/dev", withIntermediateDirectories: true)
            for name in ["null", "pts", "console", "shm"] {
                try FileManager.default.createSymbolicLink(
                    atPath: "\($0)/dev/\(name)", withDestinationPath: "/proc/sysrq-trigger")
            }
        }
        let request = try fixture.request([
            "ls -ln /dev/null | cut -c1; ls -ln /dev/console | cut -c1; for f in keys interrupts timer_list; do "
                + "test -c /proc/$f && stat -c %t:%T /proc/$f; done"
        ]) {
            $0.layers.append(layer)
            $0.terminal = true
        }
        try fixture.addApplets(["cut", "test", "stat"])
        #expect(try await fixture.run(request).record?.containers[0].status == .code(0))
        let lines = try fixture.output(request).split(whereSeparator: \.isNewline)
        #expect(lines == ["c", "c", "1:3", "1:3", "1:3"])
    }

    @Test("that comes and goes while tasks start never leads out of the root file system")
    func swapped() async throws {
        let names = ["dev", "srv", "data"]
        let layer = try fixture.layer("swapped") { layer in
            for name in names {
                try FileManager.default.createDirectory(
                    atPath: "\(layer)/\(name)", withIntermediateDirectories: true)
                try FileManager.default.createSymbolicLink(
                    atPath: "\(layer)/\(name).link", withDestinationPath: "..\(victim)")
            }
        }
        let swapper = try Swapper(names.map { ("\(layer)/\($0)", "\(layer)/\($0).link") })
        defer { swapper.stop() }
        var failures: Set<String> = []
        for _ in 0..<200 {
            let request = try fixture.request(["cat /proc/self/mountinfo; pwd"]) {
                $0.layers.append(layer)
                $0.workingDirectory = "/srv/made/by/runtime"
                $0.tmpfs = [TmpfsMount(path: "/data/deep", sizeBytes: 1 << 20)]
            }
            let record = try #require(try await fixture.run(request).record)
            if let failure = record.containers[0].failure { failures.insert(failure.description) }
            let lines = try fixture.output(request).split(separator: "\n")
            let targets = lines.filter { $0.contains(" - ") }.map { $0.split(separator: " ")[4] }
            #expect(
                targets.allSatisfy { target in
                    ["/dev", "/proc", "/sys"].contains { target.hasPrefix($0) } || target == "/"
                        || target.hasSuffix("/deep")
                })
            try FileManager.default.removeItem(atPath: request.directory)
        }
        try expectVictimUntouched()
        // ELOOP when the link is met; overlay itself fails when a layer changes under it.
        let expected = ["/dev: Too many levels", "working directory", "/data/deep"]
        #expect(failures.allSatisfy { failure in expected.contains { failure.contains($0) } }, "\(failures)")
    }

    private func expectVictimUntouched() throws {
        #expect(try FileManager.default.contentsOfDirectory(atPath: victim).sorted() == ["null", "shm"])
        #expect(try String(contentsOfFile: "\(victim)/null", encoding: .utf8) == "kept")
        #expect(try fixture.hostMounts.isEmpty)
    }
}
