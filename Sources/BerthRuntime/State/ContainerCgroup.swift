import BerthCgroups
import BerthOCI

extension ContainerRecord {
    /// The container's cgroup; nil for a container without.
    func runtimeCgroup() throws(Failure) -> RuntimeCgroup? {
        guard let cgroup else { return nil }
        return try RuntimeCgroup.named(step { () throws(RuntimeCgroupError) in try RuntimeCgroupPath(cgroup) })
    }

    /// The container's cgroup, for a command that cannot do without.
    func neededCgroup() throws(Failure) -> RuntimeCgroup {
        guard let cgroup = try runtimeCgroup() else {
            throw Failure("container \(id) has no cgroup: it was created by a user who may not make any")
        }
        return cgroup
    }
}

extension RuntimeResources {
    /// The document's limits, field for field.
    ///
    /// - Parameter withDevices: whether the document's rules for devices, even none, replace those of the cgroup.
    init(_ limits: RuntimeResourceLimits, withDevices: Bool) {
        self.init()
        if let memory = limits.memory { self.memory = Memory(memory) }
        if let cpu = limits.cpu { self.cpu = CPU(cpu) }
        pidsLimit = limits.pidsLimit
        if let blockIO = limits.blockIO { self.blockIO = BlockIO(blockIO) }
        hugepages = limits.hugepageLimits.map { Hugepages(pageSize: $0.pageSize, limit: $0.limit) }
        network.classID = limits.network?.classID
        network.priorities = (limits.network?.priorities ?? []).map {
            InterfacePriority(name: $0.interface, priority: $0.priority)
        }
        for device in limits.rdma { rdma[device.device] = RDMA(handles: device.handles, objects: device.objects) }
        for entry in limits.unified { unified[entry.name] = entry.value }
        if withDevices { devices = limits.devices.map(DeviceRule.init) + DeviceRule.ofEveryContainer }
    }
}

extension RuntimeResources.Memory {
    init(_ limits: RuntimeResourceLimits.Memory) {
        self.init()
        limit = limits.limit
        reservation = limits.reservation
        swap = limits.swap
        kernel = limits.kernel
        kernelTCP = limits.kernelTCP
        swappiness = limits.swappiness
        disableOOMKiller = limits.disableOOMKiller
        checkBeforeUpdate = limits.checkBeforeUpdate
    }
}

extension RuntimeResources.CPU {
    init(_ limits: RuntimeResourceLimits.CPU) {
        self.init()
        shares = limits.shares
        quota = limits.quota
        burst = limits.burst
        period = limits.period
        realtimeRuntime = limits.realtimeRuntime
        realtimePeriod = limits.realtimePeriod
        cpus = limits.cpus
        mems = limits.mems
        idle = limits.idle
    }
}

extension RuntimeResources.BlockIO {
    init(_ limits: RuntimeResourceLimits.BlockIO) {
        self.init()
        func throttles(_ values: [RuntimeResourceLimits.DeviceValue]) -> [RuntimeResources.Throttle] {
            values.map { .init(major: $0.major, minor: $0.minor, rate: $0.value) }
        }
        weight = limits.weight
        weightDevice = limits.weightDevices.map {
            .init(major: $0.major, minor: $0.minor, weight: UInt16(clamping: $0.value))
        }
        throttleReadBps = throttles(limits.readBytes)
        throttleWriteBps = throttles(limits.writeBytes)
        throttleReadIOPS = throttles(limits.readOperations)
        throttleWriteIOPS = throttles(limits.writeOperations)
    }
}

extension DeviceRule {
    init(_ rule: RuntimeResourceLimits.DeviceRule) {
        var access: Access = []
        if rule.reads { access.insert(.read) }
        if rule.writes { access.insert(.write) }
        if rule.makes { access.insert(.makeNode) }
        let kind: Kind =
            switch rule.kind {
            case .all: .all
            case .block: .block
            case .character: .character
            }
        self.init(
            allows: rule.allow, kind, rule.major, rule.minor, access: access)
    }

    /// What the specification's default devices need, whatever the document forbids, and the making of nodes, which
    /// opens nothing by itself (config-linux.md, "Default Devices").
    static let ofEveryContainer: [DeviceRule] =
        RuntimeDevice.standard.map {
            DeviceRule(allows: true, .character, $0.major, $0.minor, access: .everything)
        } + [
            DeviceRule(allows: true, .character, nil, nil, access: .makeNode),
            DeviceRule(allows: true, .block, nil, nil, access: .makeNode),
            // /dev/console, /dev/ptmx, and the terminals of /dev/pts.
            DeviceRule(allows: true, .character, 5, 1, access: .everything),
            DeviceRule(allows: true, .character, 5, 2, access: .everything),
            DeviceRule(allows: true, .character, 136, nil, access: .everything),
        ]
}
