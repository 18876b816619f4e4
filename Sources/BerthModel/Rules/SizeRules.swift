extension DefinitionCheck {
    /// `cpu` and `memory` of the task: compulsory and a pair of the table on Fargate, free within bounds elsewhere.
    mutating func checkTaskSize() {
        if request.cpu == nil, isFargate { faults.client("Fargate requires that 'cpu' be defined at the task level.") }
        if request.memory == nil, isFargate {
            faults.client("Fargate requires that 'memory' be defined at the task level.")
        }
        if request.cpu != nil, !(taskCPU.map(TaskSize.hostCPUUnits.contains) ?? false) {
            faults.client("Invalid 'cpu' setting for task.")
        } else if isFargate, let taskCPU, let taskMemory {
            faults.checkFargatePair(TaskSize(cpuUnits: taskCPU, memoryMiB: taskMemory))
        }
        if request.memory != nil, !(taskMemory.map(TaskSize.memoryMiB.contains) ?? false) {
            faults.client("Invalid 'memory' setting for task.")
        }
    }

    /// `cpu`, `memory` and `memoryReservation` of one container.
    mutating func checkSize(_ container: ContainerDefinition) {
        faults.checkContainerSize(
            container.label, cpu: container.cpu, memory: container.memory, reservation: container.memoryReservation,
            taskMemory: taskMemory)
        if container.memory == nil, container.memoryReservation == nil, request.memory == nil {
            faults.client(
                "Invalid setting for container '\(container.label)'. "
                    + "At least one of 'memory' or 'memoryReservation' must be specified.")
        }
    }

    /// What all containers ask for against what the task has.
    mutating func checkContainerCPUSum() {
        faults.checkCPUSum(containers.map { $0.cpu ?? 0 }, taskCPU: taskCPU)
    }
}

/// The size rules that a RunTask call's overrides must keep too.
extension Faults {
    mutating func checkFargatePair(_ size: TaskSize) {
        if !FargateSizes.contains(cpuUnits: size.cpuUnits, memoryMiB: size.memoryMiB) {
            client(
                "No Fargate configuration exists for given values. "
                    + "Got cpu \(size.cpuUnits) and memory \(size.memoryMiB); "
                    + FargateSizes.advice(cpuUnits: size.cpuUnits) + ".")
        }
    }

    mutating func checkContainerSize(_ name: String, cpu: Int?, memory: Int?, reservation: Int?, taskMemory: Int?) {
        let prefix = "Invalid setting for container '\(name)'. "
        if let cpu, !(0...TaskSize.hostCPUUnits.upperBound).contains(cpu) {
            client(prefix + "'cpu' must be between 0 and \(TaskSize.hostCPUUnits.upperBound) units.")
        }
        for (member, value) in [("memory", memory), ("memoryReservation", reservation)] {
            guard let value else { continue }
            if !TaskSize.memoryMiB.contains(value) {
                client(prefix + "'\(member)' must be at least \(TaskSize.memoryMiB.lowerBound) MiB.")
            }
            if let taskMemory, value > taskMemory {
                client("The '\(member)' setting for container '\(name)' is greater than for the task")
            }
        }
        if let memory, let reservation, reservation > memory {
            client(prefix + "'memory' must be greater than or equal to 'memoryReservation'")
        }
    }

    mutating func checkCPUSum(_ units: [Int], taskCPU: Int?) {
        // One container over every bound is a fault already told, and may not be added.
        guard let taskCPU, units.allSatisfy((0...TaskSize.hostCPUUnits.upperBound).contains) else { return }
        if units.reduce(0, +) > taskCPU {
            client("The sum of all container 'cpu' values cannot be greater than the task-level 'cpu' value")
        }
    }
}
