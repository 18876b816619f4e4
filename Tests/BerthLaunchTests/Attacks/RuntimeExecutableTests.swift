import BerthLaunch
import Foundation
import Glibc
import Testing

/// Row CVE-2019-5736: a container reaches the runtime's executable through `/proc/self/exe` and overwrites it.
@Suite("The runtime's executable")
struct RuntimeExecutableTests {
    let fixture: LaunchFixture

    init() throws { fixture = try LaunchFixture() }

    @Test("started as a task's own program does nothing, and stays what it was")
    func entrypoint() async throws {
        let before = try Data(contentsOf: URL(filePath: LaunchFixture.shim))
        let request = try fixture.request(commands: [["/proc/self/exe"]])
        // Without a plan on descriptor 3 it ends at once, with 2.
        #expect(try await fixture.run(request).record?.containers[0].status == .code(2))
        #expect(try Data(contentsOf: URL(filePath: LaunchFixture.shim)) == before)
        #expect(try await fixture.run(fixture.request(["exit 3"])).record?.containers[0].status == .code(3))
    }

    @Test("cannot be changed, not even by root of the host")
    func sealed() async throws {
        let request = try fixture.request(["exec sleep 1000"])
        let task = try fixture.launcher.launch(request)
        for await event in task.events {
            guard case .started = event else { continue }
            let shim = try #require(try fixture.shim(of: request))
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(shim)/exe").hasPrefix("/memfd:"))
            try expectSealed("/proc/\(shim)/exe")
            try expectSealed("/proc/self/fd/\(try descriptor(of: "/proc/\(shim)/exe"))")
            task.stop()
        }
    }

    /// Opened for writing where the kernel lets it, it takes neither a byte nor another length.
    private func expectSealed(_ path: String) throws {
        let allSeals: Int32 = 0xf  // F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE
        let getSeals: Int32 = 1034  // F_GET_SEALS
        let reader = open(path, O_RDONLY | O_CLOEXEC)
        try #require(reader >= 0)
        defer { close(reader) }
        #expect(fcntl(reader, getSeals, 0) == allSeals, "\(path)")
        let writer = open(path, O_RDWR | O_CLOEXEC)
        // A file that runs cannot be opened for writing at all.
        guard writer >= 0 else { return #expect(errno == ETXTBSY) }
        defer { close(writer) }
        #expect(pwrite(writer, "#!", 2, 0) == -1 && errno == EPERM)
        #expect(ftruncate(writer, 0) == -1 && errno == EPERM)
    }

    /// Our own descriptor of the file, by its device and inode: other tests' shims are none of our business.
    private func descriptor(of path: String) throws -> String {
        let file = try Self.file(path)
        let mine = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").first {
            try Self.file("/proc/self/fd/\($0)") == file
        }
        return try #require(mine)
    }

    private static func file(_ path: String) throws -> [UInt]? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return [UInt(status.st_dev), UInt(status.st_ino)]
    }
}
