import BerthLinux
import Glibc
import SystemPackage

/// CPU time: shares, bandwidth, real time, idleness.
extension ResourceWriter {
    func set(_ cpu: RuntimeResources.CPU) throws(RuntimeCgroupError) {
        guard let any = Self.anyField(cpu) else { return }
        let home = try home("cpu", unified: "cpu", for: any)
        // An idle cgroup has a weight of its own and takes no other.
        if cpu.idle == 0 { try setIdle(0, home.node) }
        try setShares(cpu.shares, home)
        try setRealtime(cpu, home)
        try setBandwidth(cpu, home)
        if let idle = cpu.idle, idle != 0 { try setIdle(idle, home.node) }
    }

    private static func anyField(_ cpu: RuntimeResources.CPU) -> Field? {
        if let value = cpu.shares, value != 0 { return Field("cpu.shares", value) }
        if let value = cpu.quota, value != 0 { return Field("cpu.quota", value) }
        if let value = cpu.period, value != 0 { return Field("cpu.period", value) }
        if let value = cpu.burst { return Field("cpu.burst", value) }
        if let value = cpu.realtimeRuntime, value != 0 { return Field("cpu.realtimeRuntime", value) }
        if let value = cpu.realtimePeriod, value != 0 { return Field("cpu.realtimePeriod", value) }
        return cpu.idle.map { Field("cpu.idle", $0) }
    }

    private func setIdle(_ idle: Int64, _ node: CgroupNode) throws(RuntimeCgroupError) {
        try write(Field("cpu.idle", idle), to: "cpu.idle", of: node)
    }

    private func setShares(_ shares: UInt64?, _ home: Home) throws(RuntimeCgroupError) {
        guard let shares, shares != 0 else { return }
        let field = Field("cpu.shares", shares)
        switch home {
        case .legacy(let node):
            // The kernel would take the nearest without a word.
            guard (2...262_144).contains(shares) else { throw field.invalid("the kernel takes 2 to 262144") }
            try write(field, to: "cpu.shares", of: node)
        case .unified(let node):
            try write(field, as: String(CPUUnits.weight(shares: shares)), to: "cpu.weight", of: node)
        }
    }

    private func setRealtime(_ cpu: RuntimeResources.CPU, _ home: Home) throws(RuntimeCgroupError) {
        let period = cpu.realtimePeriod.flatMap { $0 == 0 ? nil : Field("cpu.realtimePeriod", $0) }
        let runtime = cpu.realtimeRuntime.flatMap { $0 == 0 ? nil : Field("cpu.realtimeRuntime", $0) }
        for (field, file) in [(period, "cpu.rt_period_us"), (runtime, "cpu.rt_runtime_us")] {
            guard let field else { continue }
            guard case .legacy(let node) = home else {
                throw field.unsupported("cgroup v2 does not limit real-time tasks")
            }
            try write(field, to: file, of: node)
        }
    }

    /// A burst may not exceed the quota, and a quota not the one above: what the kernel refuses before the other is
    /// written is tried again after it.
    private func setBandwidth(_ cpu: RuntimeResources.CPU, _ home: Home) throws(RuntimeCgroupError) {
        let burst = cpu.burst.map { Field("cpu.burst", $0) }
        var isBurstLeft = false
        let burstFile: String
        switch home {
        case .legacy: burstFile = "cpu.cfs_burst_us"
        case .unified: burstFile = "cpu.max.burst"
        }
        if let burst {
            isBurstLeft = try !writeIfValid(burst, to: burstFile, of: home.node)
        }
        switch home {
        case .legacy(let node): try setLegacyBandwidth(cpu, node)
        case .unified(let node): try setUnifiedBandwidth(cpu, node)
        }
        if let burst, isBurstLeft { try write(burst, to: burstFile, of: home.node) }
    }

    private func setLegacyBandwidth(_ cpu: RuntimeResources.CPU, _ node: CgroupNode) throws(RuntimeCgroupError) {
        let period = cpu.period.flatMap { $0 == 0 ? nil : Field("cpu.period", $0) }
        let quota = cpu.quota.flatMap { $0 == 0 ? nil : Field("cpu.quota", $0) }
        var isPeriodLeft = false
        if let period {
            if quota == nil {
                try write(period, to: "cpu.cfs_period_us", of: node)
            } else {
                isPeriodLeft = try !writeIfValid(period, to: "cpu.cfs_period_us", of: node)
            }
        }
        if let quota {
            try write(quota, as: cpu.quota.map { $0 < 0 ? "-1" : String($0) }, to: "cpu.cfs_quota_us", of: node)
        }
        if let period, isPeriodLeft { try write(period, to: "cpu.cfs_period_us", of: node) }
    }

    /// One file holds both; what is not given stays.
    private func setUnifiedBandwidth(_ cpu: RuntimeResources.CPU, _ node: CgroupNode) throws(RuntimeCgroupError) {
        let quota = cpu.quota == 0 ? nil : cpu.quota
        let period = cpu.period == 0 ? nil : cpu.period
        guard quota != nil || period != nil else { return }
        let field = quota.map { Field("cpu.quota", $0) } ?? Field("cpu.period", period ?? 0)
        let words = try read("cpu.max", of: node, for: field).split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count == 2 else { throw field.unsupported("this kernel has no cpu.max of two numbers") }
        let text = (quota.map { $0 < 0 ? "max" : String($0) } ?? words[0]) + " " + (period.map(String.init) ?? words[1])
        try write(field, as: text, to: "cpu.max", of: node)
    }

    /// - Returns: false when the kernel said EINVAL.
    private func writeIfValid(_ field: Field, to file: String, of node: CgroupNode) throws(RuntimeCgroupError) -> Bool {
        do throws(RuntimeCgroupError) {
            try write(field, to: file, of: node)
            return true
        } catch .refused(_, _, let error) where error.errno == .invalidArgument {
            return false
        }
    }
}

extension CPUUnits {
    /// `cpu.weight` for a v1 share, by the curve that runc (1.3.2) and crun (1.23) agreed on: it keeps the least, the
    /// default (1024 is 100) and the most. Tasks of Berth's own take ``weight(_:)``, which keeps proportions.
    static func weight(shares: UInt64) -> Int {
        if shares <= 2 { return 1 }
        if shares >= 262_144 { return 10_000 }
        let exponent = log2(Double(shares))
        return Int((pow(10, (exponent * exponent + 125 * exponent) / 612 - 7.0 / 34)).rounded(.up))
    }
}
