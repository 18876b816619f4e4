import BerthCgroups
import BerthLinux
import CBerthPlan

/// A compiled launch plan: the flat buffer of `berth_plan.h` that the shim carries out.
struct LaunchPlan {
    let bytes: [UInt8]

    /// Lays a request out in one buffer.
    ///
    /// - Parameter layersByDescriptor: whether this kernel takes overlay layers by descriptor (Linux 6.13).
    init(_ request: LaunchRequest, layersByDescriptor: Bool) throws(LinuxError) {
        var buffer = PlanBuffer()
        let perContainer = zip(request.containers, request.cgroup.containers).map { container, node in
            (
                container, node,
                container.hostOperations(directory: request.directory, layersByDescriptor: layersByDescriptor),
                container.operations(directory: request.directory, hostname: request.hostname, joins: node.joins)
            )
        }
        let lists = perContainer.flatMap { $0.2 + $0.3 }.flatMap { [$0.list, $0.secondList].compactMap { $0 } }
        buffer.reservePointers((lists + [request.cgroup.removals]).reduce(0) { $0 + $1.count + 1 })

        var header = berth_plan()
        header.magic = BERTH_PLAN_MAGIC
        header.version = BERTH_PLAN_VERSION
        header.directory = buffer.add(request.directory)
        if let base = request.hostIDBase {
            header.id_map = buffer.add("0 \(base) \(LaunchRequest.idCount)\n")
            header.host_id = base
        }
        header.removals = buffer.add(list: request.cgroup.removals)
        let counters = request.cgroup.counters.map { counter in
            berth_counter(
                name: buffer.add(counter.name), path: buffer.add(counter.path),
                container: Int32(counter.container ?? -1),
                reserved: 0)
        }
        header.counter_count = UInt32(counters.count)
        header.counters = buffer.add(array: counters, alignment: 8)
        let containers = perContainer.map { container, node, host, child in
            var plan = berth_container()
            plan.lifecycle = buffer.add(node.lifecycle)
            plan.log = buffer.add(container.logPath)
            plan.essential = container.essential ? 1 : 0
            plan.stop_signal = UInt32(container.stopSignal)
            plan.stop_timeout = UInt64(container.stopTimeout) * 1_000_000_000
            plan.host_operation_count = UInt32(host.count)
            plan.host_operations = buffer.add(operations: host)
            plan.operation_count = UInt32(child.count)
            plan.operations = buffer.add(operations: child)
            plan.dependency_count = UInt32(container.dependencies.count)
            plan.dependencies = buffer.add(
                array: container.dependencies.map {
                    berth_dependency(container: UInt32($0.container), condition: UInt32($0.condition.rawValue))
                }, alignment: 8)
            return plan
        }
        header.container_count = UInt32(containers.count)
        header.containers = buffer.add(array: containers, alignment: 8)
        bytes = buffer.finish(header)

        guard bytes.withUnsafeBytes({ berth_plan_check($0.baseAddress, $0.count) }) == 1 else {
            throw LinuxError("lay out", "launch plan of task \(request.id)", errno: .invalidArgument)
        }
    }
}

extension LaunchRequest {
    /// How many ids a task has of its own.
    public static let idCount: UInt32 = 65536
}
