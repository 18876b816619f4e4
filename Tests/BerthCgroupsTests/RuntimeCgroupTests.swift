import BerthLinux
import Glibc
import Testing

@testable import BerthCgroups

/// On this host's own kernel, whichever way it has its cgroups.
@Suite("A runtime's cgroup", .serialized, .enabled(if: Workbench.isRoot, "SKIPPED: cgroups need root"))
struct RuntimeCgroupTests {
    @Test("is made and joined in every hierarchy, and removed from every one")
    func everywhere() throws {
        try withRuntimeCgroup { cgroup in
            #expect(!cgroup.exists)
            try cgroup.create(RuntimeResources())
            #expect(cgroup.exists)
            let child = try Child("exec sleep 1000", in: cgroup.asNode)
            try Workbench.waitUntil { try SmallFile.read("/proc/\(child.pid)/comm") == "sleep\n" }
            let memberships = try SmallFile.read("/proc/\(child.pid)/cgroup").split(separator: "\n")
            #expect(memberships.count == cgroup.legacy.count + 1 || cgroup.isUnified)
            for membership in memberships where !membership.contains("name=") || !cgroup.legacy.isEmpty {
                #expect(membership.hasSuffix(":" + cgroup.path.description))
            }
            #expect(try cgroup.processes() == [child.pid])
            #expect(try !cgroup.isEmpty)
            let busy = #expect(throws: RuntimeCgroupError.self) { try cgroup.remove() }
            guard case .failed(let error)? = busy else { throw Workbench.TimedOut() }
            #expect(error.errno == .resourceBusy)
            try cgroup.kill()
            #expect(child.end().status == -SIGKILL)
            try Workbench.waitUntil { try cgroup.isEmpty }
            try cgroup.remove()
            #expect(!cgroup.exists)
            for file in cgroup.joins { #expect(access(file, F_OK) == -1) }
            try cgroup.remove()
        }
    }

    @Test("takes what was above it away when that was for it alone")
    func parents() throws {
        let name = "\(Workbench.uniqueRoot().dropFirst())"
        let one = try RuntimeCgroup(RuntimeCgroupPath("\(name)/one", id: "one"))
        let two = try RuntimeCgroup(RuntimeCgroupPath("\(name)/two", id: "two"))
        let parents = ([one.unified] + one.legacy.map(\.node)).map { $0.levels[1].path }
        try one.create(RuntimeResources())
        try two.create(RuntimeResources())
        try one.remove()
        #expect(parents.allSatisfy { access($0, F_OK) == 0 })
        try two.remove()
        #expect(parents.allSatisfy { access($0, F_OK) != 0 })
    }

    @Test("can go while it is asked and killed", .timeLimit(.minutes(10)))
    func removedMeanwhile() async throws {
        let path = try RuntimeCgroupPath("\(Workbench.uniqueRoot())-going")
        let asking = try RuntimeCgroup(path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let making = try RuntimeCgroup(path)
                for _ in 0..<100 {
                    try making.create(RuntimeResources())
                    try making.remove()
                }
            }
            group.addTask {
                for _ in 0..<2000 {
                    #expect(try !asking.isFrozen)
                    #expect(try asking.isEmpty)
                    try asking.kill(SIGTERM)
                    try asking.kill()
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("is not shared with processes that live there already")
    func occupied() throws {
        try withRuntimeCgroup { cgroup in
            try cgroup.create(RuntimeResources())
            try cgroup.create(RuntimeResources())
            let child = try Child("exec sleep 1000", in: cgroup.asNode)
            try Workbench.waitUntil { try !cgroup.isEmpty }
            #expect(throws: RuntimeCgroupError.occupied(path: cgroup.directory)) {
                try cgroup.create(RuntimeResources())
            }
            #expect(kill(child.pid, 0) == 0)
        }
    }

    @Test("limits memory, processes, CPU and CPUs as asked, and changes them in an order the kernel takes")
    func limits() throws {
        try withRuntimeCgroup { cgroup in
            var resources = RuntimeResources()
            resources.memory.limit = 64 << 20
            resources.memory.swap = 96 << 20
            resources.memory.reservation = 32 << 20
            resources.pidsLimit = 17
            resources.cpu.shares = 512
            resources.cpu.quota = 40_000
            resources.cpu.period = 80_000
            resources.cpu.burst = 20_000
            resources.cpu.cpus = "0"
            resources.cpu.mems = "0"
            try cgroup.create(resources)
            func expectMemory(_ limit: Int, _ sum: Int) throws {
                #expect(try cgroup.show("memory.limit_in_bytes", "memory.max", of: "memory") == String(limit))
                #expect(
                    try cgroup.show("memory.memsw.limit_in_bytes", "memory.swap.max", of: "memory")
                        == String(cgroup.isUnified ? sum - limit : sum))
            }
            try expectMemory(64 << 20, 96 << 20)
            #expect(
                try cgroup.show("memory.soft_limit_in_bytes", "memory.low", of: "memory") == String(32 << 20))
            #expect(try cgroup.show("pids.max", "pids.max", of: "pids") == "17")
            #expect(try cgroup.show("cpuset.cpus", "cpuset.cpus", of: "cpuset") == "0")
            #expect(try cgroup.show("cpu.shares", "cpu.weight", of: "cpu") == (cgroup.isUnified ? "59" : "512"))
            #expect(
                try cgroup.show("cpu.cfs_quota_us", "cpu.max", of: "cpu")
                    == (cgroup.isUnified ? "40000 80000" : "40000"))
            #expect(try cgroup.show("cpu.cfs_burst_us", "cpu.max.burst", of: "cpu") == "20000")

            // Beyond the old sum, and back below it.
            for (limit, sum) in [(128 << 20, 128 << 20), (16 << 20, 32 << 20), (64 << 20, 64 << 20)] {
                var change = RuntimeResources()
                change.memory.limit = Int64(limit)
                change.memory.swap = Int64(sum)
                try cgroup.update(change)
                try expectMemory(limit, sum)
            }
            // A burst larger than the quota there was, and a quota smaller than the burst there was.
            for (quota, burst) in [(70_000, 60_000), (10_000, 5_000)] as [(Int64, UInt64)] {
                var change = RuntimeResources()
                change.cpu.quota = quota
                change.cpu.burst = burst
                try cgroup.update(change)
                #expect(try cgroup.show("cpu.cfs_burst_us", "cpu.max.burst", of: "cpu") == String(burst))
            }
            var free = RuntimeResources()
            free.memory.limit = -1
            free.cpu.burst = 0
            free.pidsLimit = -1
            try cgroup.update(free)
            free.cpu.quota = -1
            free.memory.swap = -1
            try cgroup.update(free)
            let statistics = try cgroup.statistics()
            #expect(statistics.memory?.memory.limit == nil && statistics.processes?.limit == nil)
            #expect(
                try cgroup.show("cpu.cfs_quota_us", "cpu.max", of: "cpu") == (cgroup.isUnified ? "max 80000" : "-1"))
        }
    }

    @Test("names the field and the value that this host cannot do, and leaves nothing behind")
    func refusals() throws {
        try withRuntimeCgroup { cgroup in
            func refuses(_ words: String, _ change: (inout RuntimeResources) -> Void) {
                var resources = RuntimeResources()
                change(&resources)
                let error = #expect(throws: RuntimeCgroupError.self) { try cgroup.create(resources) }
                #expect(error?.description.contains(words) == true, "\(error?.description ?? "nothing")")
                #expect(!cgroup.exists)
                for file in cgroup.joins { #expect(access(file, F_OK) == -1) }
            }
            refuses("cannot set linux.resources.network.classID to 7: ") { $0.network.classID = 7 }
            refuses("priorities to lo 3") { $0.network.priorities = [.init(name: "lo", priority: 3)] }
            refuses("rdma to mlx hca_handle=1") { $0.rdma["mlx"] = .init(handles: 1) }
            refuses("hugepageLimits to 3MB 0") { $0.hugepages = [.init(pageSize: "3MB", limit: 0)] }
            refuses("a number and a unit") { $0.hugepages = [.init(pageSize: "2MB/../x", limit: 0)] }
            refuses("unified.no.such.file to 1") { $0.unified = ["no.such.file": "1"] }
            refuses("no name of a cgroup's file") { $0.unified = ["../x": "1"] }
            refuses("blockIO.leafWeight to 100") { $0.blockIO.leafWeight = 100 }
            refuses("a weight is 10 to 1000") { $0.blockIO.weight = 5 }
            refuses("cpu.cpus to 4095") { $0.cpu.cpus = "4095" }
            refuses("pids.limit to \(1 << 40)") { $0.pidsLimit = 1 << 40 }
            refuses("memory.swap to \(32 << 20): it counts memory and swap") {
                $0.memory.limit = 64 << 20
                $0.memory.swap = 32 << 20
            }
            refuses("throttleReadBpsDevice to 4000:0 1") {
                $0.blockIO.throttleReadBps = [.init(major: 4000, minor: 0, rate: 1)]
            }
            if cgroup.isUnified {
                refuses("memory.swappiness to 10") { $0.memory.swappiness = 10 }
                refuses("always kills") { $0.memory.disableOOMKiller = true }
                refuses("kernelTCP") { $0.memory.kernelTCP = 1 << 20 }
                refuses("realtimeRuntime to 1000") { $0.cpu.realtimeRuntime = 1000 }
            } else {
                refuses("is a v1 one on this host") { $0.unified = ["memory.high": "1"] }
                refuses("the kernel takes 2 to 262144") { $0.cpu.shares = 1 }
            }
        }
    }

    @Test("refuses a limit below what is in use, when asked to look first")
    func checkBeforeUpdate() throws {
        try withRuntimeCgroup { cgroup in
            try cgroup.create(RuntimeResources())
            let child = try Child("exec sleep 1000", in: cgroup.asNode)
            try Workbench.waitUntil { try (cgroup.statistics().memory?.memory.usage ?? 0) > 4096 }
            var resources = RuntimeResources()
            resources.memory.limit = 4096
            resources.memory.checkBeforeUpdate = true
            let error = #expect(throws: RuntimeCgroupError.self) { try cgroup.update(resources) }
            #expect(error?.description.contains("checkBeforeUpdate") == true)
            #expect(kill(child.pid, 0) == 0)
        }
    }

    @Test("sets what each kind of host has beside the rest")
    func hostsOwn() throws {
        try withRuntimeCgroup { cgroup in
            var resources = RuntimeResources()
            resources.cpu.idle = 1
            resources.cpu.shares = 100
            if cgroup.isUnified {
                resources.unified = ["memory.high": "33554432", "cgroup.max.depth": "3"]
            } else {
                resources.memory.swappiness = 7
                resources.memory.disableOOMKiller = true
                resources.memory.kernelTCP = 8 << 20
                resources.unified = ["cgroup.max.depth": "3"]
            }
            try cgroup.create(resources)
            #expect(try cgroup.show("cpu.idle", "cpu.idle", of: "cpu") == "1")
            #expect(try cgroup.unified.read("cgroup.max.depth") == "3\n")
            if cgroup.isUnified {
                #expect(try cgroup.unified.read("memory.high") == "33554432\n")
            } else {
                #expect(try cgroup.show("memory.swappiness", nil, of: "memory") == "7")
                #expect(try cgroup.show("memory.oom_control", nil, of: "memory").hasPrefix("oom_kill_disable 1"))
                #expect(try cgroup.show("memory.kmem.tcp.limit_in_bytes", nil, of: "memory") == String(8 << 20))
            }
            var change = RuntimeResources()
            change.cpu.idle = 0
            change.cpu.shares = 2048
            try cgroup.update(change)
            #expect(try cgroup.show("cpu.shares", "cpu.weight", of: "cpu") == (cgroup.isUnified ? "174" : "2048"))
        }
    }

    @Test("limits huge pages in v2 on a host that has the rest in v1")
    func hugepages() throws {
        try withRuntimeCgroup { cgroup in
            var resources = RuntimeResources()
            resources.hugepages = [.init(pageSize: "2MB", limit: 4 << 20)]
            do {
                try cgroup.create(resources)
            } catch RuntimeCgroupError.unsupported {
                print("SKIPPED the limit of huge pages: this host has none")
                return
            }
            #expect(try cgroup.show("hugetlb.2MB.limit_in_bytes", "hugetlb.2MB.max", of: "hugetlb") == "4194304")
            #expect(try cgroup.statistics().hugepages["2MB"]?.usage == 0)
        }
    }

    @Test("freezes, tells that it is frozen, and signals every process, nested and frozen ones too")
    func signals() throws {
        try withRuntimeCgroup { cgroup in
            try cgroup.create(RuntimeResources())
            let outer = try Child("trap 'exit 7' USR1; while :; do sleep 0.01; done", in: cgroup.asNode)
            let nested = cgroup.directory + "/nested"
            try #require(mkdir(nested, 0o755) == 0)
            let inner = try Child(
                "trap 'exit 8' USR1; while :; do sleep 0.01; done",
                in: .init(name: "nested", lifecycle: nested, joins: cgroup.joins))
            try Workbench.waitUntil {
                let found = try cgroup.processes()
                return found.contains(outer.pid) && found.contains(inner.pid)
            }
            for child in [outer.pid, inner.pid] { try waitUntilTrapping(child) }
            #expect(try !cgroup.isFrozen)
            try cgroup.freeze()
            #expect(try cgroup.isFrozen)
            try cgroup.kill(SIGUSR1)
            #expect(try cgroup.isFrozen, "a signal does not thaw what was frozen")
            #expect(try cgroup.processes().contains(outer.pid))
            try cgroup.thaw()
            // Its processes thaw one after the other.
            try Workbench.waitUntil { try !cgroup.isFrozen }
            #expect(outer.end().status == 7)
            #expect(inner.end().status == 8)
            try cgroup.kill(SIGTERM)
        }
    }

    /// Waits until a shell has set its trap for SIGUSR1: SigCgt of /proc has the bit.
    private func waitUntilTrapping(_ process: pid_t) throws {
        try Workbench.waitUntil {
            let status = try SmallFile.read("/proc/\(process)/status").split(separator: "\n")
            let caught = status.first { $0.hasPrefix("SigCgt:") }?.split(separator: "\t").last
            return caught.flatMap { UInt64($0, radix: 16) }.map { $0 & (1 << UInt64(SIGUSR1 - 1)) != 0 } == true
        }
    }

    @Test("counts what the kernel counts")
    func statistics() throws {
        try withRuntimeCgroup { cgroup in
            var resources = RuntimeResources()
            resources.memory.limit = 64 << 20
            resources.pidsLimit = 9
            resources.cpu.quota = 50_000
            try cgroup.create(resources)
            let child = try Child(
                "dd if=/dev/zero of=/dev/null bs=16M count=40 2>/dev/null; exec sleep 1000", in: cgroup.asNode)
            try Workbench.waitUntil { try SmallFile.read("/proc/\(child.pid)/comm") == "sleep\n" }
            try cgroup.freeze()
            try Workbench.waitUntilOffCPU([cgroup.asNode])
            let statistics = try cgroup.statistics()
            #expect(statistics.cpu.total > 1_000_000)
            // v1 counts these by ticks, which say nothing of the sum.
            if let legacy = cgroup.legacyNode("cpuacct") {
                #expect(statistics.cpu.user == Keyed.number(try legacy.read("cpuacct.usage_user")))
                #expect(statistics.cpu.system == Keyed.number(try legacy.read("cpuacct.usage_sys")))
            } else {
                #expect(statistics.cpu.user + statistics.cpu.system <= statistics.cpu.total)
            }
            #expect(statistics.cpu.perCPU.isEmpty == cgroup.isUnified)
            if !cgroup.isUnified { #expect(statistics.cpu.perCPU.reduce(0, +) == statistics.cpu.total) }
            let usec = try #require(Keyed.value("usage_usec", in: try cgroup.unified.read("cpu.stat")))
            #expect(usec * 1000 <= statistics.cpu.total + 1_000_000)
            #expect(statistics.processes == .init(current: 1, limit: 9))
            let memory = try #require(statistics.memory)
            #expect(memory.memory.limit == 64 << 20)
            #expect(try #require(memory.memory.peak) >= 16 << 20)
            #expect(memory.memory.usage > 0 && memory.oomKills == 0)
            #expect(memory.details.contains { $0.name == "pgfault" && $0.value > 0 })
            try cgroup.thaw()
            try cgroup.kill()
            #expect(child.end().status == -SIGKILL)
        }
    }

    @Test("lets a container save up CPU time for a burst")
    func burst() throws {
        try withRuntimeCgroup { cgroup in
            var resources = RuntimeResources()
            resources.cpu.quota = 20_000
            resources.cpu.burst = 20_000
            try cgroup.create(resources)
            let child = try Child(
                "while :; do sleep 0.3; i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; done", in: cgroup.asNode)
            try Workbench.waitUntil { try (cgroup.statistics().cpu.throttling.bursts ?? 0) > 0 }
            #expect(try #require(cgroup.statistics().cpu.throttling.burstTime) > 0)
            try cgroup.kill()
            #expect(child.end().status == -SIGKILL)
        }
    }

    @Test("counts a kill for memory")
    func outOfMemory() throws {
        try withRuntimeCgroup { cgroup in
            var resources = RuntimeResources()
            resources.memory.limit = 16 << 20
            resources.memory.swap = 16 << 20
            try cgroup.create(resources)
            let child = try Child("exec dd if=/dev/zero of=/dev/null bs=128M count=1 2>/dev/null", in: cgroup.asNode)
            #expect(child.end().status == -SIGKILL)
            #expect(try cgroup.statistics().memory?.oomKills == 1)
        }
    }

    @Test("says that it lacks permission where nothing can be written")
    func permission() {
        #expect(RuntimeCgroupError.failed(LinuxError("make cgroup", "/x", errno: .permissionDenied)).isLackOfPermission)
        #expect(
            RuntimeCgroupError.failed(LinuxError("make cgroup", "/x", errno: .readOnlyFileSystem)).isLackOfPermission)
        #expect(!RuntimeCgroupError.failed(LinuxError("make cgroup", "/x", errno: .resourceBusy)).isLackOfPermission)
    }
}
