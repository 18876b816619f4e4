extension DefinitionCheck {
    /// What the kernel is told of one container: capabilities, devices, limits, sysctls.
    mutating func checkConfinement(_ container: ContainerDefinition) {
        if isFargate { checkFargate(container) }
        checkCapabilities(container)
        checkUlimits(container)
        checkMemoryFileSystems(container)
        checkSystemControls(container)
        checkUser(container)
        if let maxSwap = container.linuxParameters?.maxSwap, maxSwap < 0 {
            faults.client("Invalid 'maxSwap' setting: it must be 0 or a positive number of MiB.")
        }
        if let swappiness = container.linuxParameters?.swappiness, !(0...100).contains(swappiness) {
            faults.client("Invalid 'swappiness' setting: it must be between 0 and 100.")
        }
        if let credentials = container.repositoryCredentials, (credentials.credentialsParameter ?? "").isEmpty {
            faults.client("Invalid 'repositoryCredentials' setting: it needs a credentialsParameter.")
        }
        if let router = container.firelensConfiguration {
            checkChoice(router.type ?? "", "firelensConfiguration.type", ["fluentd", "fluentbit"])
        }
    }

    private mutating func checkFargate(_ container: ContainerDefinition) {
        if container.privileged == true { faults.client("Fargate requires that the 'privileged' setting be 'false'") }
        let parameters = container.linuxParameters
        let refused: [(String, Bool)] = [
            ("devices", !(parameters?.devices ?? []).isEmpty),
            ("maxSwap", parameters?.maxSwap != nil),
            ("swappiness", parameters?.swappiness != nil),
            ("sharedMemorySize", parameters?.sharedMemorySize != nil),
            ("dockerSecurityOptions", !(container.dockerSecurityOptions ?? []).isEmpty),
            ("credentialSpecs", !(container.credentialSpecs ?? []).isEmpty),
        ]
        for (member, isSet) in refused where isSet {
            faults.client("Fargate compatible task definitions do not support \(member)")
        }
        for requirement in container.resourceRequirements ?? [] {
            faults.client(
                "Tasks using the Fargate launch type do not support \(requirement.type ?? "GPU") resource requirements")
        }
        if (request.executionRoleArn ?? "").isEmpty, container.isOfECR {
            faults.client(
                "Fargate requires task definition to have execution role ARN to support ECR images.")
        }
        if (request.executionRoleArn ?? "").isEmpty, container.repositoryCredentials != nil {
            faults.client(
                "When you are specifying container repository credentials, "
                    + "you must also specify a value for 'executionRoleArn'")
        }
    }
}
