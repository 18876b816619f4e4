import BerthModel
import Testing

@Suite("Registering a task definition")
struct RegistrationRuleTests {
    typealias Case = Refused<RegisterTaskDefinitionRequest>

    private func check(_ base: RegisterTaskDefinitionRequest, _ refused: Case) {
        var request = base
        refused.change(&request)
        let error = request.refusal()
        #expect(error?.code == "ClientException")
        #expect(error?.message == refused.text)
    }

    @Test("takes the smallest definition of either flavour")
    func good() {
        #expect(Definitions.fargate().refusal() == nil)
        #expect(Definitions.host().refusal() == nil)
    }

    @Test(
        "refuses what no flavour takes, as AWS words it",
        arguments: [
            Case("Family should not be null or empty.") { $0.family = nil },
            Case("Family contains invalid characters.") { $0.family = "a b" },
            Case("Container list cannot be empty.") { $0.containerDefinitions = [] },
            Case("Too many containers") { $0.containerDefinitions = (0...10).map { Definitions.container("c\($0)") } },
            Case("Container.name should not be null or empty.") { $0.app.name = "" },
            Case("Container.image should not be null or empty.") { $0.app.image = nil },
            Case("Container.image contains invalid characters.") { $0.app.image = "busy box" },
            Case("Container names must be unique within a task definition") {
                $0.containerDefinitions = [Definitions.container("a"), Definitions.container("a")]
            },
            Case("Task definition doesn't have any essential container") { $0.app.essential = false },
            Case("Invalid 'cpu' setting for task.") { $0.cpu = "lots" },
            Case("Invalid 'cpu' setting for task.") { $0.cpu = "127" },
            Case("Invalid 'memory' setting for task.") { $0.memory = "much" },
            Case("The 'memory' setting for container 'app' is greater than for the task") { $0.app.memory = 513 },
            Case("The sum of all container 'cpu' values cannot be greater than the task-level 'cpu' value") {
                $0.containerDefinitions = ["a", "b"].map {
                    var container = Definitions.container($0)
                    container.cpu = 129
                    return container
                }
            },
            Case("Invalid setting for container 'app'. 'memory' must be greater than or equal to 'memoryReservation'") {
                $0.app.memory = 64
                $0.app.memoryReservation = 65
            },
            Case("Invalid setting for container 'app'. 'memory' must be at least 6 MiB.") { $0.app.memory = 5 },
            Case("Invalid setting for container 'app'. 'cpu' must be between 0 and 196608 units.") {
                $0.app.cpu = .max
            },
            Case("When networkMode=awsvpc, the host ports and container ports in port mappings must match.") {
                $0.app.portMappings = [Definitions.port(80, host: 8080)]
            },
            Case("cannot specify both single port and port range") {
                var mapping = Definitions.port(80)
                mapping.containerPortRange = "90-99"
                $0.app.portMappings = [mapping]
            },
            Case("Invalid 'containerPortRange' setting") {
                var mapping = Definitions.port(nil)
                mapping.containerPortRange = "99-90"
                $0.app.portMappings = [mapping]
            },
            Case("port mapping name is already used") {
                var mapping = Definitions.port(80)
                mapping.name = "web"
                var other = Definitions.port(81)
                other.name = "web"
                $0.app.portMappings = [mapping, other]
            },
            Case("Links are not supported when networkMode=awsvpc") { $0.app.links = ["db"] },
            Case("DNS servers are not supported on container when networkMode=awsvpc") {
                $0.app.dnsServers = ["1.1.1.1"]
            },
            Case("hostname is not supported on container when networkMode=awsvpc") { $0.app.hostname = "h" },
            Case("Extra hosts are not supported on container when networkMode=awsvpc") {
                $0.app.extraHosts = [HostEntry()]
            },
            Case("Disable Networking is not supported on container when networkMode=awsvpc") {
                $0.app.disableNetworking = true
            },
            Case("Unknown volume 'data'") {
                var mount = MountPoint()
                mount.sourceVolume = "data"
                mount.containerPath = "/data"
                $0.app.mountPoints = [mount]
            },
            Case("Invalid 'volumesFrom' setting. Unknown container: 'db'") {
                var source = VolumeFrom()
                source.sourceContainer = "db"
                $0.app.volumesFrom = [source]
            },
            Case("Soft limit exceeds hard limit for ulimit nofile") {
                var limit = Ulimit()
                limit.name = "nofile"
                limit.softLimit = 2
                limit.hardLimit = 1
                $0.app.ulimits = [limit]
            },
            Case("the 'restartAttemptPeriod' setting for container 'app' must be between 60 and 1800") {
                $0.app.restartPolicy = RestartPolicy()
                $0.app.restartPolicy?.enabled = true
                $0.app.restartPolicy?.restartAttemptPeriod = 59
            },
            Case("Invalid 'healthCheck.interval' setting: 4. It must be between 5 and 300.") {
                $0.app.healthCheck = HealthCheck()
                $0.app.healthCheck?.command = ["CMD", "true"]
                $0.app.healthCheck?.interval = 4
            },
            Case("The maximum number of environment files was exceeded. Specify ten or less and try again") {
                var file = EnvironmentFile()
                file.type = "s3"
                file.value = "arn:aws:s3:::bucket/a.env"
                $0.app.environmentFiles = Array(repeating: file, count: 11)
            },
            Case("Invalid arn syntax") {
                var file = EnvironmentFile()
                file.type = "s3"
                file.value = "s3://bucket/a.env"
                $0.app.environmentFiles = [file]
            },
            Case("Only one volume of a task definition can be configuredAtLaunch.") {
                $0.volumes = ["a", "b"].map { name in
                    var volume = Volume()
                    volume.name = name
                    volume.configuredAtLaunch = true
                    return volume
                }
                $0.app.mountPoints = ["a", "b"].map { name in
                    var mount = MountPoint()
                    mount.sourceVolume = name
                    mount.containerPath = "/" + name
                    return mount
                }
            },
        ])
    func common(refused: Case) {
        check(Definitions.fargate(), refused)
    }

    @Test(
        "refuses what Fargate does not take, as AWS words it",
        arguments: [
            Case("Fargate requires that 'cpu' be defined at the task level.") { $0.cpu = nil },
            Case("Fargate requires that 'memory' be defined at the task level.") {
                $0.memory = nil
                $0.app.memory = 128
            },
            Case("Fargate only supports network mode 'awsvpc'.") { $0.networkMode = "bridge" },
            Case("Fargate only supports network mode 'awsvpc'.") { $0.networkMode = nil },
            Case("Tasks using the Fargate launch type do not support pidMode 'host'") { $0.pidMode = "host" },
            Case("Fargate compatible task definitions do not support ipcMode") { $0.ipcMode = "task" },
            Case("Fargate compatible task definitions do not support constraints") {
                $0.placementConstraints = [PlacementConstraint()]
            },
            Case("Fargate requires that the 'privileged' setting be 'false'") { $0.app.privileged = true },
            Case("SYS_ADMIN is not allowed on Fargate.") {
                $0.app.linuxParameters = LinuxParameters()
                $0.app.linuxParameters?.capabilities = KernelCapabilities()
                $0.app.linuxParameters?.capabilities?.add = ["SYS_PTRACE", "SYS_ADMIN"]
            },
            Case("Fargate compatible task definitions do not support devices") {
                $0.app.linuxParameters = LinuxParameters()
                $0.app.linuxParameters?.devices = [Device()]
            },
            Case("Fargate compatible task definitions do not support maxSwap") {
                $0.app.linuxParameters = LinuxParameters()
                $0.app.linuxParameters?.maxSwap = 0
            },
            Case("Fargate compatible task definitions do not support sharedMemorySize") {
                $0.app.linuxParameters = LinuxParameters()
                $0.app.linuxParameters?.sharedMemorySize = 64
            },
            Case("Fargate compatible task definitions do not support dockerSecurityOptions") {
                $0.app.dockerSecurityOptions = ["no-new-privileges"]
            },
            Case("Tasks using the Fargate launch type do not support GPU resource requirements") {
                var gpu = ResourceRequirement()
                gpu.type = "GPU"
                gpu.value = "1"
                $0.app.resourceRequirements = [gpu]
            },
            Case("Fargate compatible task definitions do not support sourcePath") {
                var volume = Volume()
                volume.name = "data"
                volume.host = HostVolume()
                volume.host?.sourcePath = "/srv"
                $0.volumes = [volume]
            },
            Case("Fargate compatible task definitions do not support dockerVolumeConfiguration") {
                var volume = Volume()
                volume.name = "data"
                volume.dockerVolumeConfiguration = DockerVolumeConfiguration()
                $0.volumes = [volume]
            },
            Case("EphemeralStorage size should be at least 21") { $0.ephemeralStorage = .init(sizeInGiB: 20) },
            Case("EphemeralStorage size should be at most 200") { $0.ephemeralStorage = .init(sizeInGiB: 201) },
            Case("Invalid 'stopTimeout' setting: 121. It must be between 2 and 120.") { $0.app.stopTimeout = 121 },
            Case("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'") {
                var secret = Secret()
                secret.name = "PASSWORD"
                secret.valueFrom = "arn:aws:ssm:us-east-1:123456789012:parameter/p"
                $0.app.secrets = [secret]
                $0.executionRoleArn = nil
            },
        ])
    func fargate(refused: Case) {
        check(Definitions.fargate(), refused)
    }

    @Test("refuses pairs outside Fargate's table, and says what the table has")
    func pairs() {
        var request = Definitions.fargate()
        request.memory = "3 GB"
        let text = request.refusal()?.message ?? ""
        #expect(text.hasPrefix("No Fargate configuration exists for given values."))
        #expect(text.contains("512, 1024, 2048 MiB"))
        request.cpu = "300"
        #expect(request.refusal()?.message.hasPrefix("No Fargate configuration exists for given values.") == true)
        request.cpu = "2 vCPU"
        request.memory = "16 GB"
        #expect(request.refusal() == nil)
    }

    @Test("needs an execution role for awslogs and for images of ECR")
    func executionRole() {
        var request = Definitions.fargate()
        request.executionRoleArn = nil
        request.app.logConfiguration = Definitions.awslogs()
        #expect(
            request.refusal()?.message
                == "Fargate requires task definition to have execution role ARN to support log driver awslogs.")
        request.app.logConfiguration = nil
        request.app.image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/etl:1"
        #expect(request.refusal()?.message.contains("execution role ARN to support ECR images") == true)
    }

    @Test(
        "refuses on this host what would reach into it, by the setting's name",
        arguments: [
            Case("privileged of container 'app'") { $0.app.privileged = true },
            Case("linuxParameters.devices of container 'app'") {
                $0.app.linuxParameters = LinuxParameters()
                $0.app.linuxParameters?.devices = [Device()]
            },
            Case("host.sourcePath of volume 'data'") {
                var volume = Volume()
                volume.name = "data"
                volume.host = HostVolume()
                volume.host?.sourcePath = "/srv"
                $0.volumes = [volume]
            },
            Case("dockerVolumeConfiguration of volume 'data'") {
                var volume = Volume()
                volume.name = "data"
                volume.dockerVolumeConfiguration = DockerVolumeConfiguration()
                $0.volumes = [volume]
            },
            Case("networkMode 'host'") { $0.networkMode = "host" },
            Case("pidMode 'host'") { $0.pidMode = "host" },
            Case("ipcMode 'host'") { $0.ipcMode = "host" },
            Case("dockerSecurityOptions of container 'app'") { $0.app.dockerSecurityOptions = ["seccomp=unconfined"] },
        ])
    func policy(refused: Case) {
        var request = Definitions.host()
        refused.change(&request)
        #expect(
            request.refusal()
                == .client(
                    "The policy of this host does not allow \(refused.text). Remove it from the task definition."))
    }

    @Test("asks for memory where the task has none")
    func memory() {
        var request = Definitions.host()
        request.app.memory = nil
        #expect(
            request.refusal()?.message == "Invalid setting for container 'app'. "
                + "At least one of 'memory' or 'memoryReservation' must be specified.")
        request.app.memoryReservation = 64
        #expect(request.refusal() == nil)
        request.app.memoryReservation = nil
        request.memory = "64"
        #expect(request.refusal() == nil)
        request.ephemeralStorage = .init(sizeInGiB: 30)
        #expect(request.refusal()?.message == "Tasks using the EC2 launch type do not support EphemeralStorage")
    }

    @Test("tells all faults, the first as AWS words it")
    func all() {
        var request = Definitions.fargate()
        request.cpu = nil
        request.memory = nil
        request.networkMode = "none"
        #expect(
            request.refusal()
                == .client(
                    "Fargate only supports network mode 'awsvpc'. (also: Fargate requires that 'cpu' be defined at the "
                        + "task level.; Fargate requires that 'memory' be defined at the task level.; "
                        + "Invalid setting for container 'app'. "
                        + "At least one of 'memory' or 'memoryReservation' must be specified.)"))
    }

    @Test("refuses words that no member takes, and says which it takes")
    func choices() {
        var request = Definitions.fargate()
        request.requiresCompatibilities = ["FARGATE", "LAMBDA"]
        #expect(request.refusal()?.message.contains("'LAMBDA'. Must be one of [EC2, FARGATE") == true)
        request = Definitions.host()
        request.networkMode = "overlay"
        #expect(
            request.refusal()?.message
                == "Invalid 'networkMode' setting: 'overlay'. Must be one of [bridge, host, awsvpc, none]")
    }

    @Test("refuses variables and arguments that execve cannot carry")
    func execve() {
        for name in ["", "A=B", "A\0"] {
            var request = Definitions.fargate()
            request.app.environment = [KeyValuePair(name: name, value: "")]
            #expect(request.refusal()?.message.contains("environment variable") == true)
        }
        var request = Definitions.fargate()
        request.app.command = ["echo", "a\0b"]
        #expect(request.refusal()?.message.contains("must not contain NUL") == true)
    }

    @Test("refuses more than 64 KiB")
    func length() {
        var request = Definitions.fargate()
        request.app.command = [String(repeating: "x", count: 65536)]
        let text = request.refusal()?.message ?? ""
        #expect(text.hasPrefix("Actual length: '") && text.hasSuffix("'. Max allowed length is '65536' bytes."))
    }

    @Test("keeps the code of the first fault when a tag is wrong")
    func tags() {
        var request = Definitions.fargate()
        request.tags = [Tag(key: "aws:x", value: "")]
        #expect(request.refusal()?.code == "InvalidParameterException")
    }
}
