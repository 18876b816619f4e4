import BerthLaunch
import Foundation
import Testing

/// Rows CVE-2019-16884, CVE-2019-19921, CVE-2023-28642, CVE-2025-52881 (a false `/proc` redirects what the runtime writes)
/// and CVE-2022-0811 (a parameter of the host, or two joined in one).
@Suite("A kernel parameter")
struct KernelParameterTests {
    let fixture: LaunchFixture

    init() throws { fixture = try LaunchFixture() }

    @Test(
        "of the host is refused by name and stays what it was",
        arguments: [
            "kernel.core_pattern", "kernel.modprobe", "kernel.sysrq", "kernel.panic", "vm.overcommit_memory",
            "fs.suid_dumpable", "../sysrq-trigger", "net/../kernel/core_pattern", "/kernel/core_pattern",
            "../../proc/sys/kernel/core_pattern", "kernel.core_pattern+kernel.shmmni", "../self/attr/exec",
        ])
    func ofTheHost(name: String) async throws {
        let path = "/proc/sys/" + name.replacing(name.contains("/") ? "\0" : ".", with: "/")
        let before = try? String(contentsOfFile: path, encoding: .utf8)
        let request = try fixture.request(["true"]) { $0.systemControls = [SystemControl(name: name, value: "1")] }
        let failure = try #require(try await fixture.run(request).record?.containers[0].failure)
        #expect(failure.description.hasPrefix("cannot set the kernel parameter \(name): "))
        #expect((try? String(contentsOfFile: path, encoding: .utf8)) == before)
    }

    @Test("is written to the kernel, whatever an image has at /proc or below")
    func falseProc() async throws {
        let name = "net/ipv4/ip_local_port_range"
        let layer = try fixture.layer("proc") { layer in
            let directory = "\(layer)/proc/sys/net/ipv4"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: "\(directory)/ip_local_port_range", withDestinationPath: "/proc/sysrq-trigger")
        }
        let before = try String(contentsOfFile: "/proc/sys/\(name)", encoding: .utf8)
        let request = try fixture.request(["cat /proc/sys/\(name)"]) {
            $0.layers.append(layer)
            $0.systemControls = [SystemControl(name: name, value: "4000 5000")]
        }
        #expect(try await fixture.run(request).record?.containers[0].status == .code(0))
        #expect(try fixture.output(request) == "4000\t5000\n")
        #expect(try String(contentsOfFile: "/proc/sys/\(name)", encoding: .utf8) == before)
    }

    @Test(
        "is written to the kernel, also when a tmpfs of the task's is asked for at /proc",
        arguments: ["/proc", "/proc/sys", "/sys", "/dev"])
    func coveredProc(path: String) async throws {
        let request = try fixture.request([
            "cat /proc/sys/kernel/shmmni; grep -c '^proc /proc ' /proc/mounts; ls /sys/class/net"
        ]) {
            $0.tmpfs = [TmpfsMount(path: path, sizeBytes: 1 << 20)]
            $0.systemControls = [SystemControl(name: "kernel.shmmni", value: "321")]
        }
        let record = try #require(try await fixture.run(request).record)
        #expect(record.containers[0].status == .code(0), "\(record.containers[0])")
        #expect(try fixture.output(request).hasPrefix("321\n"))
    }
}
