extension DefinitionCheck {
    /// What the kernel is told of one container: capabilities, devices, limits, sysctls.
    mutating func checkConfinement(_ container: ContainerDefinition) {
        if isFargate { checkFargate(container) }
        for ulimit in container.ulimits ?? [] { check(ulimit) }
        for mount in container.linuxParameters?.tmpfs ?? [] {
            if mount.containerPath?.hasPrefix("/") != true || (mount.size ?? 0) < 1 {
                faults.client(
                    "Invalid tmpfs of container '\(container.label)': it needs an absolute containerPath and a size "
                        + "of at least 1 MiB.")
            }
        }
        if let swappiness = container.linuxParameters?.swappiness, !(0...100).contains(swappiness) {
            faults.client("Invalid 'swappiness' setting: it must be between 0 and 100.")
        }
        for control in container.systemControls ?? []
        where (control.namespace ?? "").isEmpty || (control.value ?? "").isEmpty {
            faults.client("Invalid system control of container '\(container.label)': it needs a namespace and a value.")
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
        for capability in parameters?.capabilities?.add ?? [] where capability != "SYS_PTRACE" {
            faults.client("\(capability) is not allowed on Fargate.")
        }
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
        if (request.executionRoleArn ?? "").isEmpty, Self.isECRImage(container.image ?? "") {
            faults.client(
                "Fargate requires task definition to have execution role ARN to support ECR images.")
        }
        if (request.executionRoleArn ?? "").isEmpty, container.repositoryCredentials != nil {
            faults.client(
                "When you are specifying container repository credentials, "
                    + "you must also specify a value for 'executionRoleArn'")
        }
    }

    /// `<twelve digits>.dkr.ecr.<region>.amazonaws.com…/…`
    private static func isECRImage(_ image: String) -> Bool {
        let host = image.split(separator: "/").first.map(String.init) ?? ""
        return host.contains(".dkr.ecr.") && host.contains(".amazonaws.com")
    }

    private mutating func check(_ ulimit: Ulimit) {
        let name = ulimit.name ?? ""
        checkChoice(name, "ulimits.name", Self.ulimitNames)
        guard let soft = ulimit.softLimit, let hard = ulimit.hardLimit else {
            faults.client("Invalid ulimit \(name): it needs a softLimit and a hardLimit.")
            return
        }
        // -1 is no limit, as it is for setrlimit.
        if hard != -1, soft > hard || soft == -1 { faults.client("Soft limit exceeds hard limit for ulimit \(name)") }
        if soft < -1 || hard < -1 { faults.client("Invalid ulimit \(name): limits are -1 (none) or not negative.") }
        // Amazon ECS developer guide, "Fargate task definition considerations", `nofile`.
        if isFargate, name == "nofile", hard > 1_048_576 || hard == -1 {
            faults.client("Invalid ulimit nofile: Fargate takes at most 1048576.")
        }
    }

    private static let ulimitNames = [
        "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
        "rttime", "sigpending", "stack",
    ]
}
