import Testing

@testable import BerthCgroups

@Suite("The path of a runtime's cgroup")
struct RuntimeCgroupPathTests {
    @Test(
        "is absolute, or below the parent, or beside it",
        arguments: [
            ("/a/b", "/a/b"), ("a/b", "/parent/a/b"), (nil, "/parent-id"), ("", "/parent-id"), ("/a:b", "/a:b"),
        ])
    func resolved(given: String?, path: String) throws {
        #expect(try RuntimeCgroupPath(given, id: "id", parent: "/parent").description == path)
    }

    @Test("takes ids as long as a file's name")
    func long() throws {
        let id = String(repeating: "x", count: 255)
        #expect(try RuntimeCgroupPath(nil, id: id).description == "/berth-oci/" + id)
        #expect(try RuntimeCgroupPath(nil, id: String(id.dropLast(10))).description == "/berth-oci-" + id.dropLast(10))
    }

    @Test(
        "is refused with the reason when it could be another's",
        arguments: [
            ("/", "belongs to the host"), ("/a/../b", "\"..\""), ("..", "\"..\""), ("/a/./b", "\".\""),
            ("/a//b", "empty"), ("/a/", "empty"), ("//", "empty"), ("/a\nb", "character"), ("/a\0b", "character"),
            ("/" + String(repeating: "x", count: 256), "255"),
            (String(repeating: "/abcdefg", count: 400), "3072"),
        ])
    func refused(given: String, reason: String) {
        let error = #expect(throws: RuntimeCgroupError.self) {
            try RuntimeCgroupPath(given, id: "id", parent: "/parent")
        }
        #expect(error?.description.contains(reason) == true)
    }

    @Test("is the same on every hierarchy the host shows")
    func hierarchies() throws {
        let mounts = CgroupMount.parse(
            """
            31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw
            32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct
            34 31 0:31 / /hidden rw - cgroup cgroup rw,cpuset
            35 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset,noprefix
            40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
            41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
            """)
        let found = try CgroupHierarchies.choose(
            mounts: mounts, own: "9:name=systemd:/\n4:memory:/x\n3:cpuset:/\n1:cpu,cpuacct:/a:b\n0::/\n"
        ) { $0 != "/hidden" }
        #expect(
            found
                == CgroupHierarchies(
                    unified: "/sys/fs/cgroup/unified",
                    legacy: [
                        .init(mount: "/sys/fs/cgroup/systemd", controllers: ["name=systemd"]),
                        .init(mount: "/sys/fs/cgroup/cpuset", controllers: ["cpuset"]),
                        .init(mount: "/sys/fs/cgroup/cpu,cpuacct", controllers: ["cpu", "cpuacct"]),
                    ]))
        #expect(!found.isUnified)
        #expect(throws: CgroupHostError.noUnifiedMount) {
            try CgroupHierarchies.choose(mounts: mounts, own: "") { !$0.hasSuffix("unified") }
        }
        let named = try CgroupHierarchies.choose(mounts: mounts, own: "9:name=systemd:/\n0::/\n") { _ in true }
        #expect(named.isUnified, "a name limits nothing")
    }

    @Test(
        "and shares become weights as in runc and crun",
        arguments: [
            (1, 1), (2, 1), (256, 35), (512, 59), (1024, 100), (4096, 303), (16384, 942), (262_144, 10_000),
            (1 << 40, 10_000),
        ])
    func weight(shares: UInt64, weight: Int) { #expect(CPUUnits.weight(shares: shares) == weight) }
}
