import Foundation

extension RegisterTaskDefinitionRequest {
    /// Checks every rule that AWS checks at registration, and this host's policy.
    ///
    /// A definition that requires `FARGATE` is held to Fargate's rules, so that it runs on AWS as it stands; any other
    /// is of host flavour and held to what AWS takes for its own machines, less what would reach into this host.
    ///
    /// - Parameter policy: what the operator allows to definitions of host flavour.
    /// - Throws: ``ServiceError`` with all faults, the first as AWS words it.
    /// - Returns: the request itself.
    @discardableResult
    public func validated(under policy: HostPolicy = .strict) throws(ServiceError) -> Self {
        var check = DefinitionCheck(self, policy)
        try check.run()
        return self
    }
}

/// One pass of the rules over one definition; each topic's rules stand in a file of their own.
struct DefinitionCheck {
    let request: RegisterTaskDefinitionRequest
    let policy: HostPolicy
    let containers: [ContainerDefinition]
    let isFargate: Bool
    /// CPU units of the task; nil when absent or no size.
    let taskCPU: Int?
    /// MiB of the task; nil when absent or no size.
    let taskMemory: Int?
    var faults = Faults()

    init(_ request: RegisterTaskDefinitionRequest, _ policy: HostPolicy) {
        self.request = request
        self.policy = policy
        containers = request.containerDefinitions ?? []
        isFargate = request.requiresCompatibilities?.contains("FARGATE") ?? false
        taskCPU = request.cpu.flatMap(SizeText.cpuUnits)
        taskMemory = request.memory.flatMap(SizeText.memoryMiB)
    }

    var isAwsvpc: Bool { request.networkMode == "awsvpc" }

    mutating func run() throws(ServiceError) {
        checkTask()
        checkTaskSize()
        checkContainerList()
        for container in containers {
            checkBasics(container)
            checkSize(container)
            checkEnvironment(container)
            checkNetwork(container)
            checkLog(container)
            checkConfinement(container)
            checkHealthAndRestart(container)
        }
        checkContainerCPUSum()
        checkPortNames()
        checkVolumes()
        checkMounts()
        checkDependencies()
        checkHostPolicy()
        TagRules.check(request.tags, &faults)
        checkLength()
        try faults.check()
    }

    /// AWS keeps at most 64 KiB a definition (Amazon ECS service quotas).
    private mutating func checkLength() {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let limit = 65536
        // Encoding strings and integers cannot fail; if it did, no length would be over the limit.
        let length = (try? encoder.encode(request).count) ?? 0
        if length > limit { faults.client("Actual length: '\(length)'. Max allowed length is '\(limit)' bytes.") }
    }
}

extension ContainerDefinition {
    /// The name for use in texts.
    var label: String { name ?? "" }
}
