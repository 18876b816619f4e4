/// The `requiresAttributes` of a registered definition: what an agent of ECS must be able to do to run it.
///
/// ECS documents no list. These are the names that its answers show for what they show it (Amazon ECS API reference,
/// RegisterTaskDefinition and DescribeTaskDefinition, examples), and the versions of Docker's API that the reference names
/// beside a member. Versions that are older than any Docker still in use may be missing.
struct RequiredAttributes {
    private(set) var names: [String] = []

    init(_ request: RegisterTaskDefinitionRequest) {
        let hasExecutionRole = !(request.executionRoleArn ?? "").isEmpty
        for container in request.containerDefinitions ?? [] {
            add(container, hasExecutionRole: hasExecutionRole)
        }
        if !(request.taskRoleArn ?? "").isEmpty { agent("task-iam-role") }
        if request.networkMode == "awsvpc" {
            dockerAPI(18)
            ecs("task-eni")
        }
        if request.pidMode != nil || request.ipcMode != nil { ecs("pid-ipc-namespace-sharing") }
        for efs in (request.volumes ?? []).compactMap(\.efsVolumeConfiguration) {
            dockerAPI(25)
            ecs("efs")
            if efs.transitEncryption == "ENABLED" { ecs("efsAuth") }
        }
    }

    private mutating func add(_ container: ContainerDefinition, hasExecutionRole: Bool) {
        if let log = container.logConfiguration { add(log, hasExecutionRole: hasExecutionRole) }
        if container.isOfECR {
            agent("ecr-auth")
            if hasExecutionRole { ecs("execution-role-ecr-pull") }
        }
        for secret in container.secrets ?? [] { ecs("secrets.\(secret.store).environment-variables") }
        if !(container.environmentFiles ?? []).isEmpty { ecs("env-files.s3") }
        if container.repositoryCredentials != nil { ecs("private-registry-authentication.secretsmanager") }
        if let router = container.firelensConfiguration { ecs("firelens.\(router.type ?? "")") }
        if !(container.dependsOn ?? []).isEmpty || container.startTimeout != nil || container.stopTimeout != nil {
            ecs("container-ordering")
        }
        if container.healthCheck != nil {
            dockerAPI(24)
            ecs("container-health-check")
        }
        if !(container.ulimits ?? []).isEmpty { dockerAPI(18) }
        if container.memoryReservation != nil { dockerAPI(21) }
        if container.linuxParameters?.initProcessEnabled == true { dockerAPI(25) }
    }

    private mutating func add(_ log: LogConfiguration, hasExecutionRole: Bool) {
        let driver = log.logDriver ?? ""
        agent("logging-driver.\(driver)")
        dockerAPI(["awslogs", "fluentd"].contains(driver) ? 19 : 18)
        if driver == "awslogs", hasExecutionRole { ecs("execution-role-awslogs") }
        for secret in log.secretOptions ?? [] { ecs("secrets.\(secret.store).bootstrap.log-driver") }
    }

    /// Version 1.`minor` of Docker's API.
    private mutating func dockerAPI(_ minor: Int) { agent("docker-remote-api.1.\(minor)") }
    private mutating func agent(_ name: String) { add("com.amazonaws.ecs.capability." + name) }
    private mutating func ecs(_ name: String) { add("ecs.capability." + name) }
    private mutating func add(_ name: String) {
        if !names.contains(name) { names.append(name) }
    }
}

extension Secret {
    /// Secrets Manager, or the Parameter Store, whose parameters may be named without an ARN.
    fileprivate var store: String { (valueFrom ?? "").contains(":secretsmanager:") ? "asm" : "ssm" }
}

extension ContainerDefinition {
    /// Whether its image is `<twelve digits>.dkr.ecr.<region>.amazonaws.com…/…`.
    var isOfECR: Bool {
        let host = (image ?? "").split(separator: "/").first.map(String.init) ?? ""
        return host.contains(".dkr.ecr.") && host.contains(".amazonaws.com")
    }
}
