import BerthLinux
import Glibc
import Testing

@Suite("A small file")
struct SmallFileTests {
    @Test("can be a socket, of which what is left is read")
    func socket() throws {
        var ends: [Int32] = [-1, -1]
        try check("make", "sockets") { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) }
        let ours = OwnedDescriptor(owning: ends[0])
        let theirs = ends[1]
        defer { close(theirs) }
        let bytes = [UInt8](repeating: 7, count: 10_000)
        try ours.writeAll(bytes, subject: "socket")
        shutdown(ours.number, Int32(SHUT_WR))
        #expect(throws: LinuxError.self) { try SmallFile.readBytes("/proc/self/fd/\(theirs)") }
        #expect(try SmallFile.readBytes(of: theirs, named: "socket") == bytes)
    }

    @Test("longer than its limit is an error")
    func limit() throws {
        let error = #expect(throws: LinuxError.self) { try SmallFile.readBytes("/proc/self/status", limit: 16) }
        #expect(error?.errno == .fileTooLarge)
    }

    @Test(
        "of mounts has its paths as they are",
        arguments: [
            ("/a", "/a"), (#"/a\040b"#, "/a b"), (#"/\134\011\012"#, "/\\\t\n"), (#"/a\04"#, #"/a\04"#),
            (#"/\303\244"#, "/ä"),
        ])
    func unescaped(written: String, path: String) {
        #expect(MountTable.unescaped(written[...]) == path)
    }
}
