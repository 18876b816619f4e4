import BerthCgroups
import BerthOCI

extension CgroupStatistics {
    /// As `runc events` prints them.
    var document: JSONValue {
        var members: [JSONValue.Member] = [.init("cpu", cpu.document)]
        members.append(.init("memory", memory?.document ?? [:]))
        var pids: [JSONValue.Member] = []
        if let processes {
            pids.append(.init("current", .number(processes.current)))
            if let limit = processes.limit { pids.append(.init("limit", .number(limit))) }
        }
        members.append(.init("pids", .object(pids)))
        members.append(.init("blkio", blockIO?.document ?? [:]))
        let pages = hugepages.sorted { $0.key < $1.key }.map { size, used in
            JSONValue.Member(
                size,
                [
                    "usage": .number(used.usage), "max": used.peak.map { .number($0) } ?? 0,
                    "failcnt": .number(used.failures),
                ])
        }
        members.append(.init("hugetlb", .object(pages)))
        return .object(members)
    }
}

extension CgroupStatistics.CPU {
    fileprivate var document: JSONValue {
        var usage: [JSONValue.Member] = [.init("total", .number(total))]
        if !perCPU.isEmpty { usage.append(.init("percpu", .array(perCPU.map { .number($0) }))) }
        if !perCPUSystem.isEmpty { usage.append(.init("percpu_kernel", .array(perCPUSystem.map { .number($0) }))) }
        if !perCPUUser.isEmpty { usage.append(.init("percpu_user", .array(perCPUUser.map { .number($0) }))) }
        usage += [.init("kernel", .number(system)), .init("user", .number(user))]
        let throttled: JSONValue = [
            "periods": .number(throttling.periods), "throttledPeriods": .number(throttling.throttledPeriods),
            "throttledTime": .number(throttling.throttledTime),
        ]
        return ["usage": .object(usage), "throttling": throttled]
    }
}

extension CgroupStatistics.Memory {
    fileprivate var document: JSONValue {
        var members: [JSONValue.Member] = [
            .init("cache", .number(cache)), .init("usage", memory.document),
        ]
        if let swap { members.append(.init("swap", swap.document)) }
        if let kernel { members.append(.init("kernel", kernel.document)) }
        if let kernelTCP { members.append(.init("kernelTCP", kernelTCP.document)) }
        members.append(.init("raw", .object(details.map { .init($0.name, .number($0.value)) })))
        return .object(members)
    }
}

extension CgroupStatistics.Counter {
    fileprivate var document: JSONValue {
        [
            "limit": .number(limit ?? .max), "usage": .number(usage), "max": .number(peak ?? 0),
            "failcnt": .number(failures ?? 0),
        ]
    }
}

extension CgroupStatistics.BlockIO {
    fileprivate var document: JSONValue {
        func entries(_ list: [CgroupStatistics.BlockIOEntry]) -> JSONValue {
            .array(
                list.map {
                    [
                        "major": .number($0.major), "minor": .number($0.minor), "op": .string($0.operation),
                        "value": .number($0.value),
                    ]
                })
        }
        return [
            "ioServiceBytesRecursive": entries(serviceBytes), "ioServicedRecursive": entries(serviced),
        ]
    }
}
