import BerthCgroups
import BerthLinux
import CBerthPlan

/// What goes into a launch plan, before it is laid out.
package struct PlanContent {
    package var directory: String
    package var maps: IDMaps?
    /// BERTH_PLAN_ flags.
    package var flags = 0
    /// The host id of container root; 0 without a user namespace.
    package var hostID: UInt32 = 0
    /// Cgroup directories to remove at the end, deepest first.
    package var removals: [String] = []
    package var counters: [CounterFile] = []
    package var containers: [ContainerPlan] = []

    package init(directory: String) { self.directory = directory }

    /// The flat buffer of `berth_plan.h`.
    ///
    /// - Throws: EINVAL for what `berth_plan_check` does not let pass.
    func bytes() throws(LinuxError) -> [UInt8] {
        var buffer = PlanBuffer()
        buffer.reservePointers(containers.reduce(removals.count + 1) { $0 + $1.pointerCount })
        var header = berth_plan()
        header.magic = BERTH_PLAN_MAGIC
        header.version = BERTH_PLAN_VERSION
        header.directory = buffer.add(directory)
        if let maps {
            header.uid_map = buffer.add(maps.uids)
            header.gid_map = buffer.add(maps.gids)
        }
        header.host_id = hostID
        header.flags = UInt32(flags)
        header.removals = buffer.add(list: removals)
        let files = counters.map { counter in
            berth_counter(
                name: buffer.add(counter.name), path: buffer.add(counter.path),
                container: Int32(counter.container ?? -1), reserved: 0)
        }
        header.counter_count = UInt32(files.count)
        header.counters = buffer.add(array: files, alignment: 8)
        let laidOut = containers.map { $0.layOut(in: &buffer) }
        header.container_count = UInt32(laidOut.count)
        header.containers = buffer.add(array: laidOut, alignment: 8)
        let bytes = buffer.finish(header)
        guard bytes.withUnsafeBytes({ berth_plan_check($0.baseAddress, $0.count) }) == 1 else {
            throw LinuxError("lay out", "launch plan of \(directory)", errno: .invalidArgument)
        }
        return bytes
    }
}

/// One container of a launch plan.
package struct ContainerPlan {
    /// Its cgroup v2 directory; nil leaves it where its maker is.
    package var lifecycle: String?
    /// v1 `tasks` files that it joins.
    package var joins: [String] = []
    /// Its `oom_score_adj`, as far as it may be set.
    package var score: String?
    package var log: String?
    /// What is made for it.
    package var namespaces: Namespaces = []
    /// Descriptors from 3 on that its program inherits.
    package var preservedDescriptors = 0
    /// BERTH_CONTAINER_ flags.
    package var flags = 0
    package var stopSignal: Int32 = 15
    /// Seconds.
    package var stopTimeout = 0
    package var hostOperations: [Operation] = []
    package var operations: [Operation] = []
    package var dependencies: [ContainerLaunch.Dependency] = []

    package init() {}

    /// Of all its lists, their ends included.
    fileprivate var pointerCount: Int {
        var count = joins.count + 1
        for operations in [hostOperations, operations] {
            for operation in operations { count += operation.pointerCount }
        }
        return count
    }

    fileprivate func layOut(in buffer: inout PlanBuffer) -> berth_container {
        var plan = berth_container()
        if let lifecycle { plan.lifecycle = buffer.add(lifecycle) }
        plan.joins = buffer.add(list: joins)
        if let score { plan.score = buffer.add(score) }
        if let log { plan.log = buffer.add(log) }
        plan.namespaces = UInt32(namespaces.rawValue)
        plan.preserved = UInt32(preservedDescriptors)
        plan.flags = UInt32(flags)
        plan.stop_signal = UInt32(stopSignal)
        plan.stop_timeout = UInt64(stopTimeout) * 1_000_000_000
        plan.host_operation_count = UInt32(hostOperations.count)
        plan.host_operations = buffer.add(operations: hostOperations)
        plan.operation_count = UInt32(operations.count)
        plan.operations = buffer.add(operations: operations)
        plan.dependency_count = UInt32(dependencies.count)
        plan.dependencies = buffer.add(
            array: dependencies.map {
                berth_dependency(container: UInt32($0.container), condition: UInt32($0.condition.rawValue))
            }, alignment: 8)
        return plan
    }
}

/// Kinds of namespaces, as clone(2) and setns(2) number them.
package struct Namespaces: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let mount = Namespaces(rawValue: 0x2_0000)
    package static let cgroup = Namespaces(rawValue: 0x200_0000)
    package static let uts = Namespaces(rawValue: 0x400_0000)
    package static let ipc = Namespaces(rawValue: 0x800_0000)
    package static let user = Namespaces(rawValue: 0x1000_0000)
    package static let process = Namespaces(rawValue: 0x2000_0000)
    package static let network = Namespaces(rawValue: 0x4000_0000)
    package static let time = Namespaces(rawValue: 0x80)
}
