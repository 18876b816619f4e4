import BerthModel
import Foundation
import Testing

@Suite("A registered task definition")
struct EchoTests {
    @Test("has the name, the state and the defaults that AWS gives it")
    func defaults() throws {
        var request = Definitions.fargate()
        request.cpu = ".25 vCPU"
        request.memory = "0.5 GB"
        request.app.portMappings = [Definitions.port(80)]
        request.app.healthCheck = HealthCheck()
        request.app.healthCheck?.command = ["CMD-SHELL", "true"]
        let definition = try Definitions.registered(request)
        #expect(definition.taskDefinitionArn == "arn:aws:ecs:us-east-1:123456789012:task-definition/etl:7")
        #expect(definition.status == "ACTIVE")
        #expect(definition.revision == 7)
        #expect(definition.cpu == "256")
        #expect(definition.memory == "512")
        #expect(definition.requiresCompatibilities == ["FARGATE"])
        #expect(definition.compatibilities == ["EC2", "FARGATE"])
        #expect(definition.isFargateCompatible)
        #expect(definition.volumes == [])
        #expect(definition.placementConstraints == [])
        #expect(definition.registeredBy == "arn:aws:iam::123456789012:root")

        let app = try #require(definition.containerDefinitions.first)
        #expect(app.cpu == 0)
        #expect(app.essential == true)
        #expect(app.environment == [])
        #expect(app.mountPoints == [])
        #expect(app.volumesFrom == [])
        #expect(app.systemControls == [])
        #expect(app.memory == nil)
        #expect(app.command == nil)
        #expect(app.portMappings?.first?.protocol == "tcp")
        #expect(app.portMappings?.first?.hostPort == 80)
        #expect(app.healthCheck?.interval == 30)
        #expect(app.healthCheck?.timeout == 5)
        #expect(app.healthCheck?.retries == 3)
        #expect(app.healthCheck?.startPeriod == nil)
    }

    @Test("of host flavour runs on other machines than Fargate's, and leaves ports to the bridge")
    func host() throws {
        var request = Definitions.host()
        request.app.portMappings = [Definitions.port(80)]
        let definition = try Definitions.registered(request)
        #expect(definition.requiresCompatibilities == nil)
        #expect(definition.compatibilities == ["EXTERNAL", "EC2"])
        #expect(!definition.isFargateCompatible)
        #expect(definition.cpu == nil)
        #expect(definition.networkMode == nil)
        #expect(definition.containerDefinitions[0].portMappings?.first?.hostPort == 0)
        request.networkMode = "awsvpc"
        #expect(try Definitions.registered(request).compatibilities == ["EC2"])
    }

    @Test("keeps what was set")
    func kept() throws {
        var request = Definitions.fargate()
        request.app.cpu = 128
        request.app.essential = true
        request.app.environment = [KeyValuePair(name: "B", value: "2"), KeyValuePair(name: "A", value: "1")]
        request.ephemeralStorage = .init(sizeInGiB: 30)
        var bare = Volume()
        bare.name = "scratch"
        var efs = Volume()
        efs.name = "shared"
        efs.efsVolumeConfiguration = EFSVolumeConfiguration()
        efs.efsVolumeConfiguration?.fileSystemId = "fs-1"
        request.volumes = [bare, efs]
        let definition = try Definitions.registered(request)
        #expect(definition.containerDefinitions[0].cpu == 128)
        #expect(definition.containerDefinitions[0].environment == request.app.environment)
        #expect(definition.ephemeralStorage == .init(sizeInGiB: 30))
        #expect(definition.volumes[0].host == HostVolume())
        #expect(definition.volumes[1].host == nil)
        #expect(definition.volumes[1].efsVolumeConfiguration?.rootDirectory == "/")
    }

    @Test("names what an agent of ECS would need, each once")
    func attributes() throws {
        var request = Definitions.fargate()
        request.taskRoleArn = "arn:aws:iam::123456789012:role/task"
        request.pidMode = "task"
        request.app.image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/etl:1"
        request.app.logConfiguration = Definitions.awslogs()
        var second = request.app
        second.name = "second"
        second.memoryReservation = 64
        second.stopTimeout = 10
        second.parameters.initProcessEnabled = true
        var secret = Secret()
        secret.name = "KEY"
        secret.valueFrom = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a"
        second.secrets = [secret]
        request.containerDefinitions?.append(second)
        let names = try #require(Definitions.registered(request).requiresAttributes).compactMap(\.name)
        let prefix = "com.amazonaws.ecs.capability."
        #expect(Set(names).count == names.count)
        #expect(
            Set(names) == [
                prefix + "logging-driver.awslogs", prefix + "docker-remote-api.1.18",
                prefix + "docker-remote-api.1.19", prefix + "docker-remote-api.1.21",
                prefix + "docker-remote-api.1.25", prefix + "ecr-auth", prefix + "task-iam-role",
                "ecs.capability.execution-role-awslogs", "ecs.capability.execution-role-ecr-pull",
                "ecs.capability.task-eni", "ecs.capability.pid-ipc-namespace-sharing",
                "ecs.capability.container-ordering", "ecs.capability.secrets.asm.environment-variables",
            ])
        #expect(try Definitions.registered(Definitions.host()).requiresAttributes == [])
    }

    @Test("registered again from its own answer is the same")
    func idempotent() throws {
        var request = Definitions.fargate()
        request.app.portMappings = [Definitions.port(80)]
        let first = try Definitions.registered(request)
        request.containerDefinitions = first.containerDefinitions
        request.cpu = first.cpu
        request.memory = first.memory
        request.volumes = first.volumes
        request.placementConstraints = first.placementConstraints
        #expect(try Definitions.registered(request) == first)
    }

    @Test("survives its JSON")
    func coding() throws {
        let definition = try Definitions.registered(Definitions.fargate())
        let json = try JSONEncoder().encode(definition)
        #expect(try JSONDecoder().decode(TaskDefinition.self, from: json) == definition)
    }
}
