import BerthLinux

extension CgroupDriver {
    /// What each container of a task uses now, by its name. It reads about ten small files a container.
    ///
    /// Where the kernel counts for the whole task only (processes and devices, and all of v1 for a task of one container),
    /// a task's only container has the task's numbers; of several, each has no number of devices.
    ///
    /// - Throws: ENOENT when the task has no cgroups.
    public func statistics(_ id: String) throws(LinuxError) -> [String: CgroupStatistics] {
        let containers = try cgroup(of: id).containers
        var statistics: [String: CgroupStatistics] = [:]
        for container in containers {
            statistics[container.name] = try Self.statistics(container, isAlone: containers.count == 1)
        }
        return statistics
    }

    private static func statistics(
        _ container: TaskCgroup.Node, isAlone: Bool
    ) throws(LinuxError) -> CgroupStatistics {
        let unified = try CgroupDirectory(container.lifecycle).itself
        var statistics = CgroupStatistics()
        let stat = try unified.read("cpu.stat")
        statistics.cpu.total = (Keyed.value("usage_usec", in: stat) ?? 0) * 1000
        statistics.cpu.user = (Keyed.value("user_usec", in: stat) ?? 0) * 1000
        statistics.cpu.system = (Keyed.value("system_usec", in: stat) ?? 0) * 1000
        let threads = try unified.read("cgroup.threads").split(separator: "\n").count
        statistics.processes = .init(current: UInt64(threads), limit: nil)
        if unified.has("memory.current") { statistics.memory = RuntimeCgroup.unifiedMemory(unified) }
        if isAlone, let task = try? CgroupDirectory(container.lifecycle + "/..").itself {
            // Bandwidth and devices end at the task.
            statistics.cpu.throttling = throttling((try? task.read("cpu.stat")) ?? "")
            if task.has("io.stat") { statistics.blockIO = RuntimeCgroup.unifiedBlockIO(task) }
        }
        for join in container.joins {
            guard let node = try? CgroupDirectory(String(join.dropLast("/tasks".utf8.count))).itself else { continue }
            if node.has("memory.usage_in_bytes") { statistics.memory = RuntimeCgroup.legacyMemory(node) }
            if isAlone, node.has("blkio.throttle.io_serviced") {
                statistics.blockIO = RuntimeCgroup.legacyBlockIO(node)
            }
            if isAlone, node.has("cpu.cfs_quota_us") {
                statistics.cpu.throttling = throttling((try? node.read("cpu.stat")) ?? "")
            }
        }
        return statistics
    }

    /// Nanoseconds in v1, microseconds in v2.
    private static func throttling(_ stat: String) -> CgroupStatistics.Throttling {
        CgroupStatistics.Throttling(
            periods: Keyed.value("nr_periods", in: stat) ?? 0,
            throttledPeriods: Keyed.value("nr_throttled", in: stat) ?? 0,
            throttledTime: Keyed.value("throttled_time", in: stat)
                ?? (Keyed.value("throttled_usec", in: stat) ?? 0) * 1000)
    }
}
