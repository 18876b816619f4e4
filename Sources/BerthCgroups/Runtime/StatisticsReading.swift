import BerthLinux
import SystemPackage

extension RuntimeCgroup {
    /// The counters as they are now.
    ///
    /// - Throws: ENOENT when the cgroup is gone.
    public func statistics() throws(RuntimeCgroupError) -> CgroupStatistics {
        var statistics = CgroupStatistics()
        statistics.cpu = try cpuStatistics()
        switch home("memory", unified: "memory") {
        case .legacy(let node)?: statistics.memory = Self.legacyMemory(node)
        case .unified(let node)?: statistics.memory = Self.unifiedMemory(node)
        case nil: break
        }
        if let node = home("pids", unified: "pids")?.node {
            statistics.processes = .init(
                current: node.number("pids.current") ?? 0, limit: node.number("pids.max"))
        }
        switch home("blkio", unified: "io") {
        case .legacy(let node)?: statistics.blockIO = Self.legacyBlockIO(node)
        case .unified(let node)?: statistics.blockIO = Self.unifiedBlockIO(node)
        case nil: break
        }
        if let home = home("hugetlb", unified: "hugetlb") { statistics.hugepages = hugepages(home) }
        return statistics
    }

    private func cpuStatistics() throws(RuntimeCgroupError) -> CgroupStatistics.CPU {
        var cpu = CgroupStatistics.CPU()
        // v2 counts time even where v1 has the controller.
        let unifiedStat = try failing { () throws(LinuxError) in try unified.read("cpu.stat") }
        cpu.total = (Keyed.value("usage_usec", in: unifiedStat) ?? 0) * 1000
        cpu.user = (Keyed.value("user_usec", in: unifiedStat) ?? 0) * 1000
        cpu.system = (Keyed.value("system_usec", in: unifiedStat) ?? 0) * 1000
        if let node = legacyNode("cpuacct") {
            cpu.total = node.number("cpuacct.usage") ?? cpu.total
            cpu.user = node.number("cpuacct.usage_user") ?? cpu.user
            cpu.system = node.number("cpuacct.usage_sys") ?? cpu.system
            cpu.perCPU = node.numbers("cpuacct.usage_percpu")
            cpu.perCPUUser = node.numbers("cpuacct.usage_percpu_user")
            cpu.perCPUSystem = node.numbers("cpuacct.usage_percpu_sys")
        }
        let legacyStat = legacyNode("cpu").flatMap { try? $0.read("cpu.stat") }
        let stat = legacyStat ?? unifiedStat
        cpu.throttling.periods = Keyed.value("nr_periods", in: stat) ?? 0
        cpu.throttling.throttledPeriods = Keyed.value("nr_throttled", in: stat) ?? 0
        cpu.throttling.bursts = Keyed.value("nr_bursts", in: stat)
        // Nanoseconds in v1, microseconds in v2.
        cpu.throttling.throttledTime =
            Keyed.value("throttled_time", in: stat) ?? (Keyed.value("throttled_usec", in: stat) ?? 0) * 1000
        cpu.throttling.burstTime =
            Keyed.value("burst_time", in: stat) ?? Keyed.value("burst_usec", in: stat).map { $0 * 1000 }
        return cpu
    }

    // MARK: Memory

    static func legacyMemory(_ node: CgroupNode) -> CgroupStatistics.Memory {
        var memory = CgroupStatistics.Memory()
        memory.memory = legacyCounter(node, "memory") ?? .init()
        memory.swap = legacyCounter(node, "memory.memsw")
        memory.kernel = legacyCounter(node, "memory.kmem")
        memory.kernelTCP = legacyCounter(node, "memory.kmem.tcp")
        memory.details = node.details("memory.stat")
        memory.cache = memory.details.first { $0.name == "total_cache" }?.value ?? 0
        memory.oomKills = (try? node.read("memory.oom_control")).flatMap { Keyed.value("oom_kill", in: $0) }
        return memory
    }

    static func legacyCounter(_ node: CgroupNode, _ prefix: String) -> CgroupStatistics.Counter? {
        guard let usage = node.number(prefix + ".usage_in_bytes") else { return nil }
        let limit = node.number(prefix + ".limit_in_bytes")
        return CgroupStatistics.Counter(
            // No limit is shown as the greatest number of whole pages.
            usage: usage, limit: limit.flatMap { $0 >= UInt64(Int64.max) - 65_535 ? nil : $0 },
            peak: node.number(prefix + ".max_usage_in_bytes"), failures: node.number(prefix + ".failcnt"))
    }

    static func unifiedMemory(_ node: CgroupNode) -> CgroupStatistics.Memory {
        var memory = CgroupStatistics.Memory()
        let events = (try? node.read("memory.events")) ?? ""
        memory.memory = .init(
            usage: node.number("memory.current") ?? 0, limit: node.number("memory.max"),
            peak: node.number("memory.peak"), failures: Keyed.value("max", in: events))
        if let swapped = node.number("memory.swap.current") {
            let limit = node.number("memory.swap.max")
            memory.swap = .init(
                usage: memory.memory.usage + swapped,
                limit: limit.flatMap { swap in memory.memory.limit.map { $0 + swap } },
                failures: (try? node.read("memory.swap.events")).flatMap { Keyed.value("max", in: $0) })
        }
        memory.details = node.details("memory.stat")
        memory.cache = memory.details.first { $0.name == "file" }?.value ?? 0
        memory.oomKills = Keyed.value("oom_kill", in: events)
        return memory
    }

    // MARK: Devices

    /// BFQ counts what passes through it, the throttle layer everything.
    static func legacyBlockIO(_ node: CgroupNode) -> CgroupStatistics.BlockIO {
        func entries(_ file: String) -> [CgroupStatistics.BlockIOEntry] {
            let content =
                (try? node.read("blkio.throttle.\(file)_recursive")) ?? (try? node.read("blkio.throttle.\(file)"))
            return (content ?? "").split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                guard words.count == 3, let device = Self.device(words[0]), let value = UInt64(words[2]) else {
                    return nil
                }
                return .init(major: device.major, minor: device.minor, operation: String(words[1]), value: value)
            }
        }
        return CgroupStatistics.BlockIO(serviceBytes: entries("io_service_bytes"), serviced: entries("io_serviced"))
    }

    static func unifiedBlockIO(_ node: CgroupNode) -> CgroupStatistics.BlockIO {
        var blockIO = CgroupStatistics.BlockIO()
        for line in ((try? node.read("io.stat")) ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let first = words.first, let device = Self.device(first) else { continue }
            for word in words.dropFirst() {
                let pair = word.split(separator: "=")
                guard pair.count == 2, let value = UInt64(pair[1]) else { continue }
                func entry(_ operation: String) -> CgroupStatistics.BlockIOEntry {
                    .init(major: device.major, minor: device.minor, operation: operation, value: value)
                }
                switch pair[0] {
                case "rbytes": blockIO.serviceBytes.append(entry("Read"))
                case "wbytes": blockIO.serviceBytes.append(entry("Write"))
                case "dbytes": blockIO.serviceBytes.append(entry("Discard"))
                case "rios": blockIO.serviced.append(entry("Read"))
                case "wios": blockIO.serviced.append(entry("Write"))
                case "dios": blockIO.serviced.append(entry("Discard"))
                default: break
                }
            }
        }
        return blockIO
    }

    private static func device(_ word: Substring) -> (major: UInt64, minor: UInt64)? {
        let parts = word.split(separator: ":")
        guard parts.count == 2, let major = UInt64(parts[0]), let minor = UInt64(parts[1]) else { return nil }
        return (major, minor)
    }

    private func hugepages(_ home: ResourceWriter.Home) -> [String: CgroupStatistics.Hugepages] {
        var pages: [String: CgroupStatistics.Hugepages] = [:]
        let usage: String
        switch home {
        case .legacy: usage = ".usage_in_bytes"
        case .unified: usage = ".current"
        }
        for file in (try? home.node.files()) ?? [] where file.hasPrefix("hugetlb.") && file.hasSuffix(usage) {
            let size = file.dropFirst("hugetlb.".count).dropLast(usage.count)
            if size.contains(".") { continue }
            let prefix = "hugetlb.\(size)"
            let events = try? home.node.read(prefix + ".events")
            pages[String(size)] = .init(
                usage: home.node.number(file) ?? 0, peak: home.node.number(prefix + ".max_usage_in_bytes"),
                failures: events.flatMap { Keyed.value("max", in: $0) } ?? home.node.number(prefix + ".failcnt") ?? 0)
        }
        return pages
    }
}

extension CgroupNode {
    /// The number in a file; nil when there is no such file, or it says `max`.
    fileprivate func number(_ file: String) -> UInt64? { (try? read(file)).flatMap(Keyed.number) }

    fileprivate func numbers(_ file: String) -> [UInt64] {
        ((try? read(file)) ?? "").split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) }
    }

    fileprivate func details(_ file: String) -> [CgroupStatistics.Detail] {
        ((try? read(file)) ?? "").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let value = UInt64(words[1]) else { return nil }
            return .init(name: String(words[0]), value: value)
        }
    }
}
