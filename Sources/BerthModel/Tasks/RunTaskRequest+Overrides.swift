import Foundation

extension RunTaskRequest {
    /// Amazon ECS API reference, RunTask, `overrides`: characters of its JSON.
    static let overridesLimit = 8192

    /// The overrides by themselves and against the names of the definition.
    func checkOverrides(_ definition: TaskDefinition, _ faults: inout Faults) {
        guard let overrides else { return }
        checkOverridesLength(overrides, &faults)
        let names = Set(definition.containerDefinitions.compactMap(\.name))
        var seen: Set<String> = []
        for override in overrides.containerOverrides ?? [] {
            let name = override.name ?? ""
            if name.isEmpty {
                faults.parameter("Container override name must not be null or empty.")
            } else if !names.contains(name) {
                faults.parameter("Override for container named \(name) is not a container in the TaskDefinition.")
            } else if !seen.insert(name).inserted {
                faults.parameter("Container \(name) has more than one override.")
            }
            if (override.command ?? []).contains(where: \.hasNUL) {
                faults.parameter("The command of the override for container \(name) must not contain NUL.")
            }
            var rules = Faults()
            rules.checkEnvironment(override.environment, of: name)
            rules.checkContainerSize(
                name, cpu: override.cpu, memory: override.memory, reservation: override.memoryReservation,
                taskMemory: nil)
            if let error = rules.error { faults.parameter(error.message) }
            if !(override.resourceRequirements ?? []).isEmpty {
                faults.parameter(
                    "The override for container \(name) has resourceRequirements, which are not supported.")
            }
        }
        if let cpu = overrides.cpu, !(SizeText.cpuUnits(cpu).map(TaskSize.hostCPUUnits.contains) ?? false) {
            faults.parameter("Invalid 'cpu' setting for task.")
        }
        if let memory = overrides.memory, !(SizeText.memoryMiB(memory).map(TaskSize.memoryMiB.contains) ?? false) {
            faults.parameter("Invalid 'memory' setting for task.")
        }
        if !(overrides.inferenceAcceleratorOverrides ?? []).isEmpty {
            faults.parameter("inferenceAcceleratorOverrides are not supported. Remove them.")
        }
    }

    private func checkOverridesLength(_ overrides: TaskOverride, _ faults: inout Faults) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // Encoding strings and integers cannot fail; if it did, no length would be over the limit.
        guard let json = try? encoder.encode(overrides) else { return }
        if String(decoding: json, as: UTF8.self).unicodeScalars.count > Self.overridesLimit {
            faults.parameter("Container Overrides length must be at most \(Self.overridesLimit)")
        }
    }

    /// The definition with the overrides applied, unchecked: for a call that ``validated(for:)`` let pass, now or before
    /// a restart. A task that was accepted stays what it was, whatever has become of its definition or of the rules.
    public func acceptedSettings(for definition: TaskDefinition) -> TaskSettings {
        let byName = Dictionary(
            (overrides?.containerOverrides ?? []).map { ($0.name ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        let containers = definition.containerDefinitions.map { ContainerSettings($0, byName[$0.label]) }
        var echo = overrides ?? TaskOverride()
        echo.containerOverrides = definition.containerDefinitions.map {
            byName[$0.label] ?? ContainerOverride(name: $0.name)
        }
        let storage = overrides?.ephemeralStorage ?? definition.ephemeralStorage
        return TaskSettings(
            launchType: effectiveLaunchType(for: definition),
            capacityProviderName: capacityProviderStrategy?.first?.capacityProvider,
            size: size(of: definition, containers),
            ephemeralStorageGiB: storage?.sizeInGiB ?? 20,
            taskRoleArn: role(overrides?.taskRoleArn, definition.taskRoleArn),
            executionRoleArn: role(overrides?.executionRoleArn, definition.executionRoleArn),
            group: group ?? "family:\(definition.family)",
            startedBy: startedBy,
            count: count ?? 1,
            containers: containers,
            network: NetworkWishes(networkConfiguration, definition),
            sharesProcesses: definition.pidMode == "task",
            overrides: echo)
    }

    /// The override's role, else the definition's. An empty text, which some tools send, is no role and overrides none.
    private func role(_ override: String?, _ own: String?) -> String? {
        [override, own].lazy.compactMap { $0 }.first { !$0.isEmpty }
    }

    /// The override's size, else the definition's, else what the containers ask for together.
    private func size(of definition: TaskDefinition, _ containers: [ContainerSettings]) -> TaskSize {
        let cpu = (overrides?.cpu ?? definition.cpu).flatMap(SizeText.cpuUnits)
        let memory = (overrides?.memory ?? definition.memory).flatMap(SizeText.memoryMiB)
        let impliedCPU = containers.reduce(0) { $0 + $1.cpuUnits }
        let impliedMemory = containers.reduce(0) { $0 + ($1.memoryMiB ?? $1.memoryReservationMiB ?? 0) }
        return TaskSize(
            cpuUnits: cpu ?? max(impliedCPU, TaskSize.leastImpliedCPUUnits), memoryMiB: memory ?? impliedMemory)
    }

    /// The rules that the overridden sizes must keep as the definition's did.
    func checkSizes(_ settings: TaskSettings, _ definition: TaskDefinition, _ faults: inout Faults) {
        var sizes = Faults()
        if definition.isFargateCompatible { sizes.checkFargatePair(settings.size) }
        for container in settings.containers {
            sizes.checkContainerSize(
                container.name, cpu: container.cpuUnits, memory: container.memoryMiB,
                reservation: container.memoryReservationMiB, taskMemory: settings.size.memoryMiB)
        }
        sizes.checkCPUSum(settings.containers.map(\.cpuUnits), taskCPU: settings.size.cpuUnits)
        if let storage = overrides?.ephemeralStorage {
            if settings.launchType != "FARGATE" {
                sizes.client("Tasks using the EC2 launch type do not support EphemeralStorage")
            }
            sizes.checkEphemeralStorage(storage)
        }
        // AWS words these alike at registration and here, but here they are faults in a parameter of the call.
        if let error = sizes.error { faults.parameter(error.message) }
    }

    /// The tags of the tasks: the definition's when the call propagates them, the call's own over them, and the managed
    /// one when asked for.
    public func taskTags(definitionTags: [Tag], cluster: String) -> [Tag] {
        var tags: [Tag] = enableECSManagedTags == true ? [Tag(key: "aws:ecs:clusterName", value: cluster)] : []
        let own = self.tags ?? []
        if propagateTags == "TASK_DEFINITION" {
            let names = Set(own.compactMap(\.key))
            tags += definitionTags.filter { !names.contains($0.key ?? "") }
        }
        return tags + own
    }
}
