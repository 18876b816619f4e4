import Foundation

extension TaskDefinition {
    /// The revision that a checked request becomes, with the defaults that AWS writes into its answer, so that clients
    /// that compare what they sent with what they read see no drift.
    ///
    /// - Parameters:
    ///   - request: what ``RegisterTaskDefinitionRequest/validated(under:)`` let pass.
    ///   - revision: at least 1; rises with every registration of the family and is never used again.
    ///   - registeredBy: the caller's ARN.
    public init(
        _ request: RegisterTaskDefinitionRequest, account: Account, revision: Int, registeredAt: Date,
        registeredBy: String
    ) {
        let family = request.family ?? ""
        let isFargate = request.requiresCompatibilities?.contains("FARGATE") ?? false
        taskDefinitionArn = account.taskDefinitionARN(family: family, revision: revision)
        self.family = family
        self.revision = revision
        status = "ACTIVE"
        containerDefinitions = (request.containerDefinitions ?? []).map {
            $0.withDefaults(networkMode: request.networkMode)
        }
        cpu = request.cpu.flatMap(SizeText.cpuUnits).map(String.init)
        memory = request.memory.flatMap(SizeText.memoryMiB).map(String.init)
        networkMode = request.networkMode
        requiresCompatibilities = request.requiresCompatibilities
        compatibilities =
            isFargate ? ["EC2", "FARGATE"] : request.networkMode == "awsvpc" ? ["EC2"] : ["EXTERNAL", "EC2"]
        requiresAttributes = RequiredAttributes(request).names.map { Attribute(name: $0) }
        executionRoleArn = request.executionRoleArn
        taskRoleArn = request.taskRoleArn
        volumes = (request.volumes ?? []).map(\.withDefaults)
        placementConstraints = request.placementConstraints ?? []
        ephemeralStorage = request.ephemeralStorage
        runtimePlatform = request.runtimePlatform
        pidMode = request.pidMode
        ipcMode = request.ipcMode
        proxyConfiguration = request.proxyConfiguration
        inferenceAccelerators = request.inferenceAccelerators
        enableFaultInjection = request.enableFaultInjection
        self.registeredAt = registeredAt
        self.registeredBy = registeredBy
    }
}

extension ContainerDefinition {
    fileprivate func withDefaults(networkMode: String?) -> Self {
        var container = self
        container.cpu = cpu ?? 0
        container.essential = essential ?? true
        container.portMappings = (portMappings ?? []).map { $0.withDefaults(networkMode: networkMode) }
        container.environment = environment ?? []
        container.mountPoints = mountPoints ?? []
        container.volumesFrom = volumesFrom ?? []
        container.systemControls = systemControls ?? []
        container.healthCheck = healthCheck?.withDefaults
        return container
    }
}

extension PortMapping {
    fileprivate func withDefaults(networkMode: String?) -> Self {
        var mapping = self
        mapping.protocol = `protocol` ?? "tcp"
        // A range gets its host ports when the task starts.
        guard let containerPort else { return mapping }
        switch networkMode {
        // The container has an address of its own, so that the port it serves is the port that callers use.
        case "awsvpc", "host": mapping.hostPort = containerPort
        default: mapping.hostPort = hostPort ?? 0
        }
        return mapping
    }
}

extension HealthCheck {
    fileprivate var withDefaults: Self {
        var check = self
        check.interval = interval ?? 30
        check.timeout = timeout ?? 5
        check.retries = retries ?? 3
        return check
    }
}

extension Volume {
    fileprivate var withDefaults: Self {
        var volume = self
        let isBare =
            host == nil && dockerVolumeConfiguration == nil && efsVolumeConfiguration == nil
            && configuredAtLaunch != true
        if isBare { volume.host = HostVolume() }
        if efsVolumeConfiguration != nil, efsVolumeConfiguration?.rootDirectory == nil {
            volume.efsVolumeConfiguration?.rootDirectory = "/"
        }
        return volume
    }
}
