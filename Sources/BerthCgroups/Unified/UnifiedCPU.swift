import BerthLinux

/// `cpu` of v2: bandwidth, weight, and what was used.
enum UnifiedCPU {
    static func limit(_ task: CgroupNode, _ limits: TaskLimits) throws(LinuxError) {
        let bandwidth = CPUUnits.bandwidth(limits.cpuUnits)
        try task.write("\(bandwidth.quota) \(bandwidth.period)", to: "cpu.max")
        try task.write(CPUUnits.weight(limits.cpuUnits), to: "cpu.weight")
    }

    /// A share has a meaning only among siblings; with them every container gets one, so that none wins by having more
    /// threads.
    static func separates(_ containers: [ContainerLimits]) -> Bool { containers.count > 1 }

    static func limit(container: CgroupNode, _ limits: ContainerLimits) throws(LinuxError) {
        guard let units = limits.cpuUnits, units > 0 else { return }
        try container.write(CPUUnits.weight(units), to: "cpu.weight")
    }

    static func counters(_ task: CgroupNode) -> [CounterFile] { [task.counter("cpu.stat")] }

    /// `cpu.stat` has the first three keys in every cgroup, `throttled_usec` only where the controller is enabled.
    static func read(_ reading: CounterReading, into usage: inout TaskUsage) {
        guard reading.name == "cpu.stat", reading.container == nil else { return }
        usage.cpuUsec = Keyed.value("usage_usec", in: reading.content)
        usage.cpuUserUsec = Keyed.value("user_usec", in: reading.content)
        usage.cpuSystemUsec = Keyed.value("system_usec", in: reading.content)
        if let throttled = Keyed.value("throttled_usec", in: reading.content) { usage.throttledUsec = throttled }
    }
}
