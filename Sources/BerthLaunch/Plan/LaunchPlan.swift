import BerthCgroups
import BerthLinux
import CBerthPlan

/// A compiled launch plan: the flat buffer of `berth_plan.h` that the shim carries out.
package struct LaunchPlan {
    package let bytes: [UInt8]

    /// Lays a task out in one buffer.
    ///
    /// - Parameter layersByDescriptor: whether this kernel takes overlay layers by descriptor (Linux 6.13).
    package init(_ request: LaunchRequest, layersByDescriptor: Bool) throws(LinuxError) {
        for container in request.containers {
            try CommandPaths.check(
                container.arguments.first ?? "", environment: container.environment, in: container.name)
        }
        bytes = try Self.content(of: request, layersByDescriptor: layersByDescriptor).bytes()
    }

    static func content(of request: LaunchRequest, layersByDescriptor: Bool) -> PlanContent {
        var plan = PlanContent(directory: request.directory)
        plan.removals = request.cgroup.removals
        plan.counters = request.cgroup.counters + request.counters
        plan.hostID = request.hostIDBase ?? 0
        plan.maps = request.idMaps
        plan.flags = request.sharesProcesses ? BERTH_PLAN_SHARE_PROCESSES : 0
        if request.namespace != nil { plan.flags |= BERTH_PLAN_NETWORK }
        if request.isHeld { plan.flags |= BERTH_PLAN_HELD }
        var shared: Namespaces = request.hasOwnNetwork ? .network : []
        if request.hostIDBase != nil { shared.insert(.user) }
        plan.containers = zip(request.containers, request.cgroup.containers).map { container, node in
            var part = ContainerPlan()
            part.lifecycle = node.lifecycle
            part.joins = node.joins
            part.score = "0"
            part.log = container.logPath
            part.namespaces = shared.union([.mount, .process, .ipc, .uts])
            part.flags = container.flags
            part.stopSignal = container.stopSignal
            part.stopTimeout = container.stopTimeout
            part.hostOperations = container.hostOperations(
                directory: request.directory, layersByDescriptor: layersByDescriptor)
            part.operations = container.operations(hostname: request.hostname, ownNetwork: request.hasOwnNetwork)
            part.dependencies = container.dependencies
            return part
        }
        return plan
    }

    /// Lays out a program that enters a running container.
    init(_ request: ExecRequest, directory: String, maps: IDMaps?) throws(LinuxError) {
        var plan = PlanContent(directory: directory)
        plan.flags = BERTH_PLAN_ENTER
        plan.maps = maps
        plan.hostID = maps?.root ?? 0
        var part = ContainerPlan()
        part.lifecycle = request.cgroup.lifecycle
        part.joins = request.cgroup.joins
        part.score = "0"
        part.flags = request.terminal == nil ? 0 : BERTH_CONTAINER_TERMINAL
        part.operations = request.operations
        plan.containers = [part]
        bytes = try plan.bytes()
    }

    /// Lays out what is given.
    package init(_ content: PlanContent) throws(LinuxError) { bytes = try content.bytes() }
}
