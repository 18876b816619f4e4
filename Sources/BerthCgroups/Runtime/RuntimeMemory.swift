import BerthLinux

/// Memory: what v1 has for each field, and v2 for most.
extension ResourceWriter {
    func set(_ memory: RuntimeResources.Memory) throws(RuntimeCgroupError) {
        guard let any = Self.anyField(memory) else { return }
        let home = try home("memory", unified: "memory", for: any)
        if memory.checkBeforeUpdate == true { try checkUsage(memory, home) }
        switch home {
        case .legacy(let node): try setLegacy(memory, node)
        case .unified(let node): try setUnified(memory, node)
        }
    }

    /// The first field that is set.
    private static func anyField(_ memory: RuntimeResources.Memory) -> Field? {
        let numbers = [
            ("limit", memory.limit), ("reservation", memory.reservation), ("swap", memory.swap),
            ("kernel", memory.kernel), ("kernelTCP", memory.kernelTCP),
        ]
        for (name, value) in numbers { if let value, value != 0 { return Field("memory." + name, value) } }
        if let value = memory.swappiness { return Field("memory.swappiness", value) }
        if memory.disableOOMKiller == true { return Field("memory.disableOOMKiller", true) }
        return nil
    }

    private func checkUsage(_ memory: RuntimeResources.Memory, _ home: Home) throws(RuntimeCgroupError) {
        guard let limit = memory.limit, limit > 0 else { return }
        let field = Field("memory.limit", limit)
        let file: String
        switch home {
        case .legacy: file = "memory.usage_in_bytes"
        case .unified: file = "memory.current"
        }
        let used = Keyed.number(try read(file, of: home.node, for: field)) ?? 0
        if used > UInt64(limit) {
            throw field.invalid("the container uses \(used) bytes, and checkBeforeUpdate is set")
        }
    }

    // MARK: v1

    private func setLegacy(_ memory: RuntimeResources.Memory, _ node: CgroupNode) throws(RuntimeCgroupError) {
        try setLegacyLimits(memory, node)
        let others = [
            ("reservation", "memory.soft_limit_in_bytes", memory.reservation),
            ("kernel", "memory.kmem.limit_in_bytes", memory.kernel),
            ("kernelTCP", "memory.kmem.tcp.limit_in_bytes", memory.kernelTCP),
        ]
        for (name, file, value) in others {
            if let value, value != 0 { try write(Field("memory." + name, value), to: file, of: node) }
        }
        if let value = memory.swappiness {
            try write(Field("memory.swappiness", value), to: "memory.swappiness", of: node)
        }
        if let value = memory.disableOOMKiller {
            try write(
                Field("memory.disableOOMKiller", value), as: value ? "1" : "0", to: "memory.oom_control", of: node)
        }
    }

    /// Memory alone may at no moment exceed memory with swap: on growth beyond the present sum, the sum goes first.
    private func setLegacyLimits(_ memory: RuntimeResources.Memory, _ node: CgroupNode) throws(RuntimeCgroupError) {
        let sumFile = "memory.memsw.limit_in_bytes"
        let hasSum = node.has(sumFile)
        var sum = memory.swap == 0 ? nil : memory.swap
        // No limit on memory under a limit on the sum would be one.
        if memory.limit == -1, sum == nil, hasSum { sum = -1 }
        let limit = memory.limit == 0 ? nil : memory.limit
        if let limit, let sum, sum != -1, limit == -1 || sum < limit {
            throw Field("memory.swap", sum).invalid("it counts memory and swap, and memory.limit is \(limit)")
        }
        guard let limit else {
            if let sum { try write(Field("memory.swap", sum), to: sumFile, of: node) }
            return
        }
        let limitField = Field("memory.limit", limit)
        guard let sum, hasSum || sum != -1 else {
            return try write(limitField, to: "memory.limit_in_bytes", of: node)
        }
        let sumField = Field("memory.swap", sum)
        guard hasSum else { throw sumField.unsupported("the kernel does not account swap (boot with swapaccount=1)") }
        let present = Keyed.number(try read(sumFile, of: node, for: sumField)) ?? .max
        let grows = limit == -1 || UInt64(clamping: limit) > present
        if grows { try write(sumField, to: sumFile, of: node) }
        try write(limitField, to: "memory.limit_in_bytes", of: node)
        if !grows { try write(sumField, to: sumFile, of: node) }
    }

    // MARK: v2

    private func setUnified(_ memory: RuntimeResources.Memory, _ node: CgroupNode) throws(RuntimeCgroupError) {
        try setSwap(memory, node)
        for (name, file, value) in [
            ("limit", "memory.max", memory.limit), ("reservation", "memory.low", memory.reservation),
        ] {
            guard let value, value != 0 else { continue }
            try write(Field("memory." + name, value), as: value < 0 ? "max" : String(value), to: file, of: node)
        }
        if let value = memory.kernel, value > 0 {
            throw Field("memory.kernel", value).unsupported("cgroup v2 counts kernel memory in memory.limit")
        }
        if let value = memory.kernelTCP, value > 0 {
            throw Field("memory.kernelTCP", value).unsupported("cgroup v2 counts socket memory in memory.limit")
        }
        if let value = memory.swappiness {
            throw Field("memory.swappiness", value).unsupported("cgroup v2 has no swappiness of a cgroup")
        }
        if memory.disableOOMKiller == true {
            throw Field("memory.disableOOMKiller", true).unsupported("cgroup v2 always kills at the limit")
        }
    }

    /// v2 limits swap by itself, runtime-spec the sum.
    private func setSwap(_ memory: RuntimeResources.Memory, _ node: CgroupNode) throws(RuntimeCgroupError) {
        guard var sum = memory.swap else { return }
        if sum == 0 {
            if memory.limit != -1 { return }
            sum = -1
        }
        let field = Field("memory.swap", sum)
        if sum < 0 {
            // Without accounting swap has no limit either.
            if node.has("memory.swap.max") { try write(field, as: "max", to: "memory.swap.max", of: node) }
            return
        }
        guard let limit = memory.limit, limit > 0 else {
            throw field.invalid("it counts memory and swap, and memory.limit is not set beside it")
        }
        if sum < limit { throw field.invalid("it counts memory and swap, and memory.limit is \(limit)") }
        guard node.has("memory.swap.max") else {
            throw field.unsupported("the kernel does not account swap (boot with swapaccount=1)")
        }
        try write(field, as: String(sum - limit), to: "memory.swap.max", of: node)
    }
}
