import BerthLaunch
import BerthLinux
import Foundation
import Testing

/// Row CVE-2020-15257: a shim's abstract socket is reachable by whoever shares the network namespace.
@Suite("The shim's socket")
struct ShimSocketTests {
    let fixture: LaunchFixture

    init() throws { fixture = try LaunchFixture() }

    @Test("has a path, in a directory that only its owner enters, and no abstract name")
    func path() async throws {
        let request = try fixture.request(["exec sleep 1000"])
        let task = try fixture.launcher.launch(request)
        for await event in task.events {
            guard case .started = event else { continue }
            let shim = try #require(try fixture.shim(of: request))
            let own = try sockets(of: shim).union(try sockets(of: getpid()))
            var names: [String] = []
            // The kernel's list is read in parts, between which others come and go: now and then a line is passed over.
            for _ in 0..<50 where !names.contains(where: { $0.hasSuffix("shim.sock") }) {
                names += try Self.names(of: own)
            }
            // A listener that we see, so that the test sees what it looks for.
            #expect(names.contains { $0.hasSuffix("shim.sock") }, "\(names) of \(own.count)")
            #expect(names.allSatisfy { !$0.hasPrefix("@") }, "\(names)")
            task.stop()
        }
    }

    @Test("cannot be reached from inside: a task sees no socket of the host's")
    func unseen() async throws {
        #expect(try await fixture.lines(of: "view").allSatisfy { !$0.hasPrefix("unix socket") })
    }

    /// The names of sockets of this network namespace.
    private static func names(of inodes: Set<String>) throws -> [String] {
        try SmallFile.read("/proc/net/unix", limit: 16 << 20).split(separator: "\n").dropFirst()
            .map { $0.split(separator: " ").map(String.init) }
            .filter { $0.count > 7 && inodes.contains($0[6]) }.map { $0[7] }
    }

    /// The inode numbers of a process's sockets.
    private func sockets(of process: pid_t) throws -> Set<String> {
        let directory = "/proc/\(process)/fd"
        return Set(
            try FileManager.default.contentsOfDirectory(atPath: directory).compactMap {
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\($0)")
                return target?.wholeMatch(of: #/socket:\[(\d+)\]/#).map { String($0.1) }
            })
    }
}
