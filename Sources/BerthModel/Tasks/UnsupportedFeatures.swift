extension RunTaskRequest {
    /// What the call and its definition ask for and this Berth cannot do yet: each refused by the name of its field,
    /// because a task that runs without what it asked for is worse than one that does not run.
    ///
    /// The list gets shorter as the runtime grows; the rules of registration stay as they are.
    public func unsupportedFeatures(of definition: TaskDefinition) -> [ServiceError] {
        var found: [String] = []
        if !(volumeConfigurations ?? []).isEmpty { found.append("volumeConfigurations") }
        for override in overrides?.containerOverrides ?? [] where !(override.environmentFiles ?? []).isEmpty {
            found.append("environmentFiles in the override of container '\(override.name ?? "")'")
        }
        if let mode = definition.pidMode, mode != "task" { found.append("pidMode '\(mode)'") }
        if let mode = definition.ipcMode, mode != "none" { found.append("ipcMode '\(mode)'") }
        if !definition.volumes.isEmpty { found.append("volumes") }
        found += unsupportedNetwork(of: definition)
        for container in definition.containerDefinitions {
            found += container.unsupportedFeatures.map { "\($0) of container '\(container.label)'" }
        }
        return platformFaults(of: definition)
            + found.map { .client("Berth cannot run \($0) yet. Remove it from the task definition or the call.") }
    }

    /// Containers of a task share one network, so that one cannot be without it alone.
    private func unsupportedNetwork(of definition: TaskDefinition) -> [String] {
        let containers = definition.containerDefinitions
        let ports = NetworkWishes(networkConfiguration, definition).ports
        var found: [String] = []
        if let alone = containers.first(where: { $0.disableNetworking == true }),
            let other = containers.first(where: { $0.disableNetworking != true })
        {
            found.append("disableNetworking of container '\(alone.label)' without that of container '\(other.label)'")
        }
        if ports.reduce(0, { $0 + $1.count }) > PublishedPort.limit {
            found.append("more than \(PublishedPort.limit) published ports")
        }
        let fixed = ports.filter { $0.hostPort != 0 }.map { "\($0.transport.rawValue) \($0.hostPort)" }
        if let twice = fixed.first(where: { port in fixed.count { $0 == port } > 1 }) {
            found.append("two mappings of host port \(twice)")
        }
        return found
    }

    private func platformFaults(of definition: TaskDefinition) -> [ServiceError] {
        guard let platform = definition.runtimePlatform else { return [] }
        let named = [platform.cpuArchitecture ?? "X86_64", platform.operatingSystemFamily ?? "LINUX"]
        guard named != ["X86_64", "LINUX"] else { return [] }
        return [
            ServiceError(
                code: "PlatformTaskDefinitionIncompatibilityException",
                message: "This host runs X86_64 and LINUX; the task definition's runtimePlatform asks for "
                    + named.joined(separator: " and ") + ".")
        ]
    }
}

extension ContainerDefinition {
    fileprivate var unsupportedFeatures: [String] {
        let members: [(String, Bool)] = [
            ("healthCheck", healthCheck != nil),
            ("dependsOn condition HEALTHY", (dependsOn ?? []).contains { $0.condition == "HEALTHY" }),
            ("mountPoints", !(mountPoints ?? []).isEmpty),
            ("volumesFrom", !(volumesFrom ?? []).isEmpty),
            ("secrets", !(secrets ?? []).isEmpty),
            ("environmentFiles", !(environmentFiles ?? []).isEmpty),
            ("linuxParameters.devices", !(linuxParameters?.devices ?? []).isEmpty),
            // Tasks never swap. Without swap, swappiness says nothing.
            ("linuxParameters.maxSwap above 0", (linuxParameters?.maxSwap ?? 0) > 0),
            // The kernel runs real-time threads before all others, whatever the task's share of the CPU.
            ("ulimit rtprio above 0", (ulimits ?? []).contains { $0.name == "rtprio" && $0.hardLimit != 0 }),
            ("user '\(user ?? "")'", !idsBeyondTask.isEmpty),
            ("firelensConfiguration", firelensConfiguration != nil),
            ("restartPolicy", restartPolicy?.enabled == true),
            ("privileged", privileged == true),
            ("resourceRequirements", !(resourceRequirements ?? []).isEmpty),
            ("dockerSecurityOptions", !(dockerSecurityOptions ?? []).isEmpty),
            ("credentialSpecs", !(credentialSpecs ?? []).isEmpty),
        ]
        return members.filter(\.1).map(\.0) + unsupportedTmpfsOptions + unsupportedLogging
    }

    private var unsupportedTmpfsOptions: [String] {
        (linuxParameters?.tmpfs ?? []).flatMap { $0.mountOptions ?? [] }.filter { !TmpfsOption($0).isSupported }
            .map { "tmpfs option '\($0)'" }
    }

    private var unsupportedLogging: [String] {
        guard let log = logConfiguration else { return [] }
        guard log.logDriver == "awslogs" else { return ["log driver '\(log.logDriver ?? "")'"] }
        let options = log.options ?? [:]
        let unsupported = ["awslogs-datetime-format", "awslogs-multiline-pattern"].filter { options[$0] != nil }
        return unsupported.map { "log option \($0)" } + ((log.secretOptions ?? []).isEmpty ? [] : ["secretOptions"])
    }
}
