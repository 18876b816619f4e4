import BerthModel
import Testing

/// A call that runs ``Definitions/fargate()``.
private func call() -> RunTaskRequest {
    var request = RunTaskRequest()
    request.taskDefinition = "etl"
    request.networkConfiguration = NetworkConfiguration()
    request.networkConfiguration?.awsvpcConfiguration = AwsVpcConfiguration()
    request.networkConfiguration?.awsvpcConfiguration?.subnets = ["subnet-1"]
    return request
}

/// A call whose overrides begin with one for the container `name`.
private func overriding(_ name: String, _ change: (inout ContainerOverride) -> Void = { _ in }) -> RunTaskRequest {
    var request = call()
    var override = ContainerOverride(name: name)
    change(&override)
    request.overrides = TaskOverride()
    request.overrides?.containerOverrides = [override]
    return request
}

private func refusal(_ request: RunTaskRequest, _ definition: TaskDefinition) -> ServiceError? {
    caught { () throws(ServiceError) in _ = try request.validated(for: definition) }
}

@Suite("Running a task")
struct RunTaskRuleTests {
    typealias Case = Refused<RunTaskRequest>

    @Test("takes the smallest call")
    func good() throws {
        #expect(refusal(call(), try Definitions.registered(Definitions.fargate())) == nil)
        #expect(refusal(RunTaskRequest(), try Definitions.registered(Definitions.host())) == nil)
    }

    @Test(
        "refuses a call as AWS words it",
        arguments: [
            Case("count must be between 1 and 10, not 0.") { $0.count = 0 },
            Case("count must be between 1 and 10, not 11.") { $0.count = 11 },
            Case("clientToken must have at most 64 printable ASCII characters.") {
                $0.clientToken = String(repeating: "x", count: 65)
            },
            Case("clientToken must have at most 64 printable ASCII characters.") { $0.clientToken = "ü" },
            Case("Specifying both a launch type and capacity provider strategy is not supported") {
                $0.launchType = "FARGATE"
                $0.capacityProviderStrategy = [.init(capacityProvider: "FARGATE")]
            },
            Case("The capacity provider 'mine' does not exist here. Use FARGATE.") {
                $0.capacityProviderStrategy = [.init(capacityProvider: "mine")]
            },
            Case("Launch type EXTERNAL is not supported. Use FARGATE or EC2.") { $0.launchType = "EXTERNAL" },
            Case("Network Configuration must be provided when networkMode 'awsvpc' is specified.") {
                $0.networkConfiguration = nil
            },
            Case("subnets can not be empty.") { $0.networkConfiguration?.awsvpcConfiguration?.subnets = [] },
            Case("Invalid namespace for group.") { $0.group = "service:x" },
            Case("startedBy must have at most 128 letters, digits, hyphens, underscores and slashes.") {
                $0.startedBy = "a b"
            },
            Case("startedBy must have at most 128 letters, digits, hyphens, underscores and slashes.") {
                $0.startedBy = String(repeating: "a", count: 129)
            },
            Case("propagateTags must be TASK_DEFINITION or NONE for a task, not 'SERVICE'.") {
                $0.propagateTags = "SERVICE"
            },
            Case("Placement constraints are not supported with FARGATE launch type.") {
                $0.placementConstraints = [PlacementConstraint()]
            },
            Case("The platform version must be null when specifying an EC2 launch type") {
                $0.launchType = "EC2"
                $0.platformVersion = "LATEST"
            },
            Case("Override for container named db is not a container in the TaskDefinition.") {
                $0.overrides = TaskOverride()
                $0.overrides?.containerOverrides = [ContainerOverride(name: "db")]
            },
            Case("Container override name must not be null or empty.") {
                $0.overrides = TaskOverride()
                $0.overrides?.containerOverrides = [ContainerOverride(name: nil)]
            },
            Case("Container app has more than one override.") {
                $0.overrides = TaskOverride()
                $0.overrides?.containerOverrides = [ContainerOverride(name: "app"), ContainerOverride(name: "app")]
            },
            Case("Container Overrides length must be at most 8192") {
                var override = ContainerOverride(name: "app")
                override.command = [String(repeating: "x", count: 8192)]
                $0.overrides = TaskOverride()
                $0.overrides?.containerOverrides = [override]
            },
            Case("The 'memory' setting for container 'app' is greater than for the task") {
                var override = ContainerOverride(name: "app")
                override.memory = 1024
                $0.overrides = TaskOverride()
                $0.overrides?.containerOverrides = [override]
            },
            Case("Invalid setting for container 'app'. 'cpu' must be between 0 and 196608 units.") {
                var override = ContainerOverride(name: "app")
                override.cpu = .max
                $0.overrides = TaskOverride()
                $0.overrides?.containerOverrides = [override]
            },
        ])
    func refused(refused: Case) throws {
        var request = call()
        refused.change(&request)
        #expect(
            refusal(request, try Definitions.registered(Definitions.fargate())) == .invalidParameter(refused.text))
    }

    @Test("refuses a definition that is inactive, or of another launch type")
    func definition() throws {
        var definition = try Definitions.registered(Definitions.fargate())
        definition.status = "INACTIVE"
        #expect(refusal(call(), definition) == .client("TaskDefinition is inactive"))

        var request = RunTaskRequest()
        request.launchType = "FARGATE"
        let host = try Definitions.registered(Definitions.host())
        #expect(refusal(request, host) == .invalidParameter("Task definition does not support launch_type FARGATE."))
        request = call()
        #expect(
            refusal(request, host)
                == .invalidParameter(
                    "Network Configuration is not valid for the given networkMode of this task definition."))
    }

    @Test("refuses a platform version that does not exist, by its own code")
    func platform() throws {
        var request = call()
        request.platformVersion = "2.0"
        let definition = try Definitions.registered(Definitions.fargate())
        #expect(refusal(request, definition)?.code == "PlatformUnknownException")
        request.platformVersion = "LATEST"
        #expect(refusal(request, definition) == nil)
    }

    @Test("checks the pair again when an override changes it")
    func pair() throws {
        let definition = try Definitions.registered(Definitions.fargate())
        var request = call()
        request.overrides = TaskOverride()
        request.overrides?.memory = "4 GB"
        let error = refusal(request, definition)
        #expect(error?.code == "InvalidParameterException")
        #expect(error?.message.hasPrefix("No Fargate configuration exists for given values.") == true)
        request.overrides?.cpu = "1 vCPU"
        #expect(try request.validated(for: definition).size == TaskSize(cpuUnits: 1024, memoryMiB: 4096))
        request.overrides?.ephemeralStorage = .init(sizeInGiB: 20)
        #expect(refusal(request, definition)?.message == "EphemeralStorage size should be at least 21")
    }
}

@Suite("The settings of a task")
struct TaskSettingsTests {
    @Test("are the definition's, with AWS's defaults")
    func plain() throws {
        var request = Definitions.fargate()
        request.app.command = ["sh", "-c", "true"]
        request.app.user = "1000:1000"
        request.app.entryPoint = []
        request.app.workingDirectory = ""
        request.app.logConfiguration = Definitions.awslogs()
        let settings = try call().validated(for: Definitions.registered(request))
        #expect(settings.launchType == "FARGATE")
        #expect(settings.size == TaskSize(cpuUnits: 256, memoryMiB: 512))
        #expect(settings.ephemeralStorageGiB == 20)
        #expect(settings.group == "family:etl")
        #expect(settings.count == 1)
        let app = try #require(settings.containers.first)
        #expect(app.name == "app")
        #expect(app.image == "busybox:1.36")
        #expect(app.command == ["sh", "-c", "true"])
        #expect(app.entryPoint == nil)
        #expect(app.workingDirectory == nil)
        #expect(app.user == "1000:1000")
        #expect(app.stopTimeout == 30)
        #expect(app.essential)
        #expect(!app.readonlyRootFilesystem)
        #expect(app.memoryMiB == nil)
        #expect(app.awslogs?.group == "/etl")
        #expect(settings.overrides.containerOverrides == [ContainerOverride(name: "app")])
    }

    @Test("take the override's command, sizes and roles")
    func overridden() throws {
        var request = overriding("app") {
            $0.command = ["echo"]
            $0.cpu = 100
            $0.memory = 256
            $0.memoryReservation = 128
        }
        request.overrides?.taskRoleArn = "role"
        request.count = 3
        request.group = "nightly"
        request.startedBy = "airflow/1"
        let settings = try request.validated(for: Definitions.registered(Definitions.fargate()))
        #expect(settings.containers[0].command == ["echo"])
        #expect(settings.containers[0].cpuUnits == 100)
        #expect(settings.containers[0].memoryMiB == 256)
        #expect(settings.containers[0].memoryReservationMiB == 128)
        #expect(settings.taskRoleArn == "role")
        #expect(settings.count == 3)
        #expect(settings.group == "nightly")
        #expect(settings.startedBy == "airflow/1")
        #expect(settings.overrides.containerOverrides?.first?.command == ["echo"])
    }

    @Test("merge variables by name: the override wins, the order stays")
    func environment() throws {
        func pairs(_ text: String) -> [KeyValuePair] {
            text.split(separator: " ").map { $0.split(separator: "=", omittingEmptySubsequences: false) }
                .map { KeyValuePair(name: String($0[0]), value: String($0[1])) }
        }
        var definition = Definitions.fargate()
        definition.app.environment = pairs("A=1 B=2 A=3 C=4")
        let request = overriding("app") { $0.environment = pairs("D=5 B=6 D= E=7") }
        let settings = try request.validated(for: Definitions.registered(definition))
        #expect(settings.containers[0].environment == pairs("A=3 B=6 C=4 D= E=7"))
    }

    @Test("of host flavour add up what the containers ask for, with at least a quarter of a vCPU")
    func implied() throws {
        var request = Definitions.host()
        var other = Definitions.container("other")
        other.memoryReservation = 100
        other.memory = 200
        request.containerDefinitions?.append(other)
        let settings = try RunTaskRequest().validated(for: Definitions.registered(request))
        #expect(settings.launchType == "EC2")
        #expect(settings.size == TaskSize(cpuUnits: 256, memoryMiB: 328))
        request.app.cpu = 2048
        #expect(try RunTaskRequest().validated(for: Definitions.registered(request)).size.cpuUnits == 2048)
        request.cpu = "128"
        request.app.cpu = 0
        #expect(try RunTaskRequest().validated(for: Definitions.registered(request)).size.cpuUnits == 128)
    }

    @Test("of a call that was accepted stay what they were when the definition can no longer be run")
    func accepted() throws {
        var definition = try Definitions.registered(Definitions.fargate())
        let request = overriding("app") { $0.command = ["echo"] }
        let settings = try request.validated(for: definition)
        definition.status = "INACTIVE"
        #expect(request.acceptedSettings(for: definition) == settings)
    }

    @Test("name the capacity provider that a strategy chose")
    func strategy() throws {
        var request = call()
        request.capacityProviderStrategy = [.init(capacityProvider: "FARGATE", weight: 1)]
        let settings = try request.validated(for: Definitions.registered(Definitions.fargate()))
        #expect(settings.launchType == "FARGATE")
        #expect(settings.capacityProviderName == "FARGATE")
    }

    @Test("give the tasks the call's tags, and the definition's when they are propagated")
    func tags() {
        var request = RunTaskRequest()
        request.tags = [Tag(key: "team", value: "call")]
        let definition = [Tag(key: "team", value: "definition"), Tag(key: "cost", value: "7")]
        #expect(request.taskTags(definitionTags: definition, cluster: "etl") == request.tags)
        request.propagateTags = "TASK_DEFINITION"
        request.enableECSManagedTags = true
        #expect(
            request.taskTags(definitionTags: definition, cluster: "etl").map(\.key) == [
                "aws:ecs:clusterName", "cost", "team",
            ])
        #expect(request.taskTags(definitionTags: definition, cluster: "etl").last?.value == "call")
    }
}

@Suite("What Berth cannot run yet")
struct UnsupportedFeatureTests {
    typealias Case = Refused<RegisterTaskDefinitionRequest>

    @Test(
        "registers, and is refused by name when it is to run",
        arguments: [
            Case("healthCheck of container 'app'") {
                $0.app.healthCheck = HealthCheck()
                $0.app.healthCheck?.command = ["CMD", "true"]
            },
            Case("volumes") {
                var volume = Volume()
                volume.name = "scratch"
                $0.volumes = [volume]
            },
            Case("secrets of container 'app'") {
                var secret = Secret()
                secret.name = "A"
                secret.valueFrom = "b"
                $0.app.secrets = [secret]
            },
            Case("environmentFiles of container 'app'") {
                var file = EnvironmentFile()
                file.type = "s3"
                file.value = "arn:aws:s3:::bucket/a.env"
                $0.app.environmentFiles = [file]
            },
            Case("linuxParameters of container 'app'") {
                $0.app.linuxParameters = LinuxParameters()
                $0.app.linuxParameters?.initProcessEnabled = true
            },
            Case("linuxParameters of container 'app'") {
                $0.app.linuxParameters = LinuxParameters()
                $0.app.linuxParameters?.capabilities = KernelCapabilities()
                $0.app.linuxParameters?.capabilities?.drop = ["ALL"]
            },
            Case("ulimits of container 'app'") {
                var limit = Ulimit()
                limit.name = "nofile"
                limit.softLimit = 1024
                limit.hardLimit = 1024
                $0.app.ulimits = [limit]
            },
            Case("firelensConfiguration of container 'app'") {
                $0.app.firelensConfiguration = FirelensConfiguration()
                $0.app.firelensConfiguration?.type = "fluentbit"
            },
            Case("log driver 'splunk' of container 'app'") {
                $0.app.logConfiguration = LogConfiguration()
                $0.app.logConfiguration?.logDriver = "splunk"
            },
            Case("log option awslogs-datetime-format of container 'app'") {
                $0.app.logConfiguration = Definitions.awslogs(["awslogs-datetime-format": "%Y"])
            },
            Case("restartPolicy of container 'app'") {
                $0.app.restartPolicy = RestartPolicy()
                $0.app.restartPolicy?.enabled = true
            },
            Case("pseudoTerminal of container 'app'") { $0.app.pseudoTerminal = true },
            Case("interactive of container 'app'") { $0.app.interactive = true },
            Case("systemControls of container 'app'") {
                var control = SystemControl()
                control.namespace = "net.core.somaxconn"
                control.value = "1024"
                $0.app.systemControls = [control]
            },
            Case("repositoryCredentials of container 'app'") {
                $0.app.repositoryCredentials = RepositoryCredentials()
                $0.app.repositoryCredentials?.credentialsParameter = "arn"
            },
            Case("pidMode 'task'") { $0.pidMode = "task" },
            Case("volumesFrom of container 'app'") {
                $0.containerDefinitions?.append(Definitions.container("other"))
                var source = VolumeFrom()
                source.sourceContainer = "other"
                $0.app.volumesFrom = [source]
            },
        ])
    func definition(refused: Case) throws {
        var request = Definitions.fargate()
        refused.change(&request)
        #expect(
            refusal(call(), try Definitions.registered(request))
                == .client(
                    "Berth cannot run \(refused.text) yet. Remove it from the task definition or the call."))
    }

    @Test("includes commands executed in a running task")
    func execute() throws {
        var request = call()
        request.enableExecuteCommand = true
        let error = refusal(request, try Definitions.registered(Definitions.fargate()))
        #expect(error?.message.contains("enableExecuteCommand") == true)
    }

    @Test("does not include members that ask for nothing")
    func nothing() throws {
        var request = Definitions.fargate()
        request.app.linuxParameters = LinuxParameters()
        request.app.linuxParameters?.initProcessEnabled = false
        request.app.linuxParameters?.capabilities = KernelCapabilities()
        request.app.linuxParameters?.capabilities?.add = []
        request.app.ulimits = []
        request.app.secrets = []
        request.app.privileged = false
        request.app.interactive = false
        request.app.restartPolicy = RestartPolicy()
        request.app.restartPolicy?.enabled = false
        request.app.portMappings = [Definitions.port(80)]
        request.runtimePlatform = RuntimePlatform()
        request.runtimePlatform?.cpuArchitecture = "X86_64"
        request.runtimePlatform?.operatingSystemFamily = "LINUX"
        #expect(refusal(call(), try Definitions.registered(request)) == nil)
    }

    @Test(
        "includes other platforms, by their own code",
        arguments: [("ARM64", "LINUX"), ("X86_64", "WINDOWS_SERVER_2022_CORE")])
    func platforms(architecture: String, system: String) throws {
        var request = Definitions.fargate()
        request.cpu = "1024"
        request.memory = "2048"
        request.runtimePlatform = RuntimePlatform()
        request.runtimePlatform?.cpuArchitecture = architecture
        request.runtimePlatform?.operatingSystemFamily = system
        let error = refusal(call(), try Definitions.registered(request))
        #expect(error?.code == "PlatformTaskDefinitionIncompatibilityException")
        #expect(error?.message.contains(system) == true)
    }
}
