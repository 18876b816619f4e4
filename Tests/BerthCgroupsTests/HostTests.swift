import Testing

@testable import BerthCgroups

@Suite("The host's cgroups are found")
struct HostTests {
    private func choose(_ mountinfo: String, v2: [String: String]) throws -> CgroupHost {
        try CgroupHost.choose(CgroupMount.parse(mountinfo)) { v2[$0] }
    }

    private static let hybrid = """
        31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        39 31 0:36 / /sys/fs/cgroup/pids rw,relatime shared:4 master:5 - cgroup cgroup rw,pids
        40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd

        """

    @Test("all in v2")
    func unified() throws {
        let host = try choose(
            "26 25 0:24 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n",
            v2: ["/sys/fs/cgroup": "cpuset cpu io memory hugetlb pids rdma misc\n"])
        #expect(host == .unified(mount: "/sys/fs/cgroup"))
        #expect(try host.makeDriver(root: "/berth").name == "unified")
    }

    @Test("limits in v1, and v2 beside them")
    func hybridHost() throws {
        let host = try choose(
            Self.hybrid + "41 31 0:38 / /sys/fs/cgroup/uni\\040fied rw - cgroup2 cgroup2 rw\n",
            v2: ["/sys/fs/cgroup/uni fied": "hugetlb\n"])
        guard case .hybrid(let mount, let controllers) = host else {
            Issue.record("\(host)")
            return
        }
        #expect(mount == "/sys/fs/cgroup/uni fied")
        #expect(controllers["cpu"] == "/sys/fs/cgroup/cpu,cpuacct")
        #expect(controllers["memory"] == "/sys/fs/cgroup/memory")
        #expect(controllers["pids"] == "/sys/fs/cgroup/pids")
        #expect(try host.makeDriver(root: "/berth").name == "hybrid")
    }

    @Test("a v2 mount that another mount hides does not count")
    func hidden() throws {
        #expect(throws: CgroupHostError.noUnifiedMount) {
            try choose(Self.hybrid + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n", v2: [:])
        }
    }

    @Test("no v2 at all, and what to do")
    func legacy() throws {
        let error = #expect(throws: CgroupHostError.self) { try choose(Self.hybrid, v2: [:]) }
        #expect(error == .noUnifiedMount)
        #expect(error?.description.contains("mount -t cgroup2") == true)
    }

    @Test("a controller that is nowhere is named")
    func missing() throws {
        let error = #expect(throws: CgroupHostError.self) {
            try choose("26 25 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", v2: ["/sys/fs/cgroup": "cpu pids"])
        }
        #expect(error == .controllersMissing(["memory"], inUnified: ["cpu", "pids"]))
        #expect(error?.description.contains("cgroup_enable=memory") == true)
    }

    @Test("controllers split between v1 and v2 are told apart from missing ones")
    func split() throws {
        let error = #expect(throws: CgroupHostError.self) {
            try choose(
                """
                35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
                """, v2: ["/sys/fs/cgroup/unified": "cpu pids"])
        }
        #expect(error == .controllersMissing([], inUnified: ["cpu", "pids"]))
        #expect(error?.description.contains("cpu, pids are in v2") == true)
    }

    @Test(
        "a root that is no absolute path of names is refused",
        arguments: ["", "/", "berth", "/a//b", "/a/", "/a/../b", "/."])
    func badRoot(root: String) {
        #expect(throws: CgroupHostError.badRoot(root)) { try CgroupHost.unified(mount: "/x").makeDriver(root: root) }
    }
}
