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
