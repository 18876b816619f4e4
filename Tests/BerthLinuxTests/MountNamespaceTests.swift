import Foundation
import Glibc
import Testing

@testable import BerthLinux

@Suite("Whether a host shares its mounts")
struct MountNamespaceTests {
    @Test(
        "is read from the topmost mount at /",
        arguments: [
            ("23 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw", true),
            ("23 1 254:0 / / rw,relatime - ext4 /dev/vda rw", false),
            ("23 1 254:0 / / rw,relatime master:4 - ext4 /dev/vda rw", false),
            ("23 1 254:0 / / rw,relatime master:4 shared:9 - ext4 /dev/vda rw", true),
            ("1 1 0:1 / / rw - rootfs rootfs rw\n23 1 254:0 / / rw shared:1 - ext4 shared:x rw", true),
            ("23 1 254:0 / / rw - ext4 shared:1 rw\n24 23 0:5 / /srv rw shared:2 - tmpfs x rw", false),
            ("", false),
        ])
    func reads(mountinfo: String, isShared: Bool) {
        #expect(MountNamespace.isRootShared(mountinfo: mountinfo) == isShared)
    }
}

@Suite("An empty mount namespace")
struct EmptyMountNamespaceTests {
    private static func mounts() throws -> String {
        try String(contentsOfFile: "/proc/thread-self/mountinfo", encoding: .utf8)
    }

    @Test("is another than ours, and to make it changes nothing of ours")
    func apart() throws {
        let (before, directory) = (try Self.mounts(), FileManager.default.currentDirectoryPath)
        let namespace = try MountNamespace.empty()
        var (theirs, ours) = (stat(), stat())
        try #require(fstat(namespace.number, &theirs) == 0 && stat("/proc/self/ns/mnt", &ours) == 0)
        #expect(theirs.st_ino != ours.st_ino && theirs.st_dev == ours.st_dev)
        #expect(try Self.mounts() == before)
        #expect(FileManager.default.currentDirectoryPath == directory)
    }
}
