extension RunTaskRequest {
    /// Checks the call against the definition that it names, and applies its overrides.
    ///
    /// - Parameters:
    ///   - definition: the revision that ``taskDefinition`` resolved to.
    ///   - policy: what the operator allows to definitions of host flavour, which may be less than at registration.
    /// - Throws: ``ServiceError`` with all faults, the first as AWS words it; also for what this Berth cannot run yet
    ///   (``unsupportedFeatures(of:)``).
    public func validated(
        for definition: TaskDefinition, under policy: HostPolicy = .strict
    ) throws(ServiceError) -> TaskSettings {
        var faults = Faults()
        if definition.status != "ACTIVE" { faults.client("TaskDefinition is inactive") }
        checkLaunch(definition, &faults)
        checkNetwork(definition, &faults)
        checkWords(&faults)
        checkPolicy(policy, definition, &faults)
        TagRules.check(tags, &faults)
        checkOverrides(definition, &faults)
        try faults.check()
        let settings = acceptedSettings(for: definition)
        checkSizes(settings, definition, &faults)
        for fault in unsupportedFeatures(of: definition) { faults.add(fault) }
        try faults.check()
        return settings
    }

    /// Launch type or strategy, and whether the definition can run so.
    private func checkLaunch(_ definition: TaskDefinition, _ faults: inout Faults) {
        let strategy = capacityProviderStrategy ?? []
        if launchType != nil, !strategy.isEmpty {
            faults.parameter("Specifying both a launch type and capacity provider strategy is not supported")
        }
        checkStrategy(strategy, &faults)
        let type = effectiveLaunchType(for: definition)
        switch type {
        case "FARGATE", "EC2":
            if !(definition.compatibilities ?? []).contains(type) {
                faults.parameter("Task definition does not support launch_type \(type).")
            }
        default:
            faults.parameter("Launch type \(type) is not supported. Use FARGATE or EC2.")
        }
        checkPlacement(isFargate: type == "FARGATE", &faults)
    }

    /// What the call names; the one capacity provider there is runs Fargate, and so does whatever can when it names none.
    func effectiveLaunchType(for definition: TaskDefinition) -> String {
        if !(capacityProviderStrategy ?? []).isEmpty { return "FARGATE" }
        return launchType ?? (definition.isFargateCompatible ? "FARGATE" : "EC2")
    }

    /// Amazon ECS API reference, `CapacityProviderStrategyItem`.
    private func checkStrategy(_ strategy: [CapacityProviderStrategyItem], _ faults: inout Faults) {
        if strategy.count > 20 { faults.parameter("A capacity provider strategy has at most 20 items.") }
        if strategy.filter({ ($0.base ?? 0) > 0 }).count > 1 {
            faults.parameter("Only one capacity provider of a strategy can have a base above 0.")
        }
        for item in strategy {
            if !(0...1000).contains(item.weight ?? 0) || !(0...100_000).contains(item.base ?? 0) {
                faults.parameter("Invalid capacity provider strategy: weight is 0 to 1000, base is 0 to 100000.")
            }
            if item.capacityProvider != "FARGATE" {
                faults.parameter(
                    "The capacity provider '\(item.capacityProvider ?? "")' does not exist here. Use FARGATE.")
            }
        }
    }

    private func checkPlacement(isFargate: Bool, _ faults: inout Faults) {
        if isFargate, !(placementConstraints ?? []).isEmpty {
            faults.parameter("Placement constraints are not supported with FARGATE launch type.")
        }
        if isFargate, !(placementStrategy ?? []).isEmpty {
            faults.parameter("Placement strategies are not supported with FARGATE launch type.")
        }
        guard let platformVersion else { return }
        if !isFargate {
            faults.parameter("The platform version must be null when specifying an EC2 launch type")
        } else if !["LATEST", "1.4.0", "1.3.0"].contains(platformVersion) {
            faults.add(
                ServiceError(code: "PlatformUnknownException", message: "The specified platform does not exist."))
        }
    }

    private func checkNetwork(_ definition: TaskDefinition, _ faults: inout Faults) {
        guard definition.networkMode == "awsvpc" else {
            if networkConfiguration?.awsvpcConfiguration != nil {
                faults.parameter(
                    "Network Configuration is not valid for the given networkMode of this task definition.")
            }
            return
        }
        guard let network = networkConfiguration?.awsvpcConfiguration else {
            faults.parameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
            return
        }
        let subnets = network.subnets ?? []
        if subnets.isEmpty { faults.parameter("subnets can not be empty.") }
        if subnets.count > 16 { faults.parameter("subnets can have at most 16 items.") }
        if (network.securityGroups ?? []).count > 5 { faults.parameter("securityGroups can have at most 5 items.") }
        for group in network.securityGroups ?? [] where !SecurityGroup.isID(group) {
            faults.parameter("The security group '\(group)' has no valid id: it begins with 'sg-'.")
        }
        if let assign = network.assignPublicIp, !["ENABLED", "DISABLED"].contains(assign) {
            faults.parameter("assignPublicIp must be ENABLED or DISABLED, not '\(assign)'.")
        }
    }

    private func checkPolicy(_ policy: HostPolicy, _ definition: TaskDefinition, _ faults: inout Faults) {
        guard !(definition.requiresCompatibilities ?? []).contains("FARGATE") else { return }
        if definition.networkMode == "host", !policy.allowsHostNetwork {
            faults.client("The policy of this host no longer allows networkMode 'host'.")
        }
        for container in definition.containerDefinitions {
            for name in container.capabilitiesRefused(by: policy) {
                faults.client(
                    "The policy of this host no longer allows capability \(name) of container '\(container.label)'.")
            }
        }
    }

    /// Numbers and short texts of the call.
    private func checkWords(_ faults: inout Faults) {
        if let count, !(1...10).contains(count) {
            faults.parameter("count must be between 1 and 10, not \(count).")
        }
        if let token = clientToken, token.utf8.count > 64 || !token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            faults.parameter("clientToken must have at most 64 printable ASCII characters.")
        }
        if let startedBy, !Self.isStartedBy(startedBy) {
            faults.parameter("startedBy must have at most 128 letters, digits, hyphens, underscores and slashes.")
        }
        if let group, group.hasPrefix("service:") { faults.parameter("Invalid namespace for group.") }
        if let group, group.utf8.count > 255 { faults.parameter("group must have at most 255 characters.") }
        if let referenceId, referenceId.utf8.count > 1024 {
            faults.parameter("referenceId must have at most 1024 characters.")
        }
        if let propagateTags, !["TASK_DEFINITION", "NONE"].contains(propagateTags) {
            faults.parameter("propagateTags must be TASK_DEFINITION or NONE for a task, not '\(propagateTags)'.")
        }
    }

    private static func isStartedBy(_ text: String) -> Bool {
        text.utf8.count <= 128 && text.utf8.allSatisfy { $0.isASCIILetterOrDigit || "-_/".utf8.contains($0) }
    }
}
