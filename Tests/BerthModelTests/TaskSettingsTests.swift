import BerthModel
import Testing

@Suite("The settings of a task")
struct TaskSettingsTests {
    @Test("a role of no characters, as some tools send it, is none, and overrides none")
    func emptyRole() throws {
        var definition = try Definitions.registered(Definitions.fargate())
        var request = overriding("app") { _ in }
        request.overrides?.taskRoleArn = ""
        definition.taskRoleArn = "own"
        #expect(request.acceptedSettings(for: definition).taskRoleArn == "own")
        definition.taskRoleArn = ""
        #expect(request.acceptedSettings(for: definition).taskRoleArn == nil)
    }

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

    @Test("ask in mode host for the ports of all mappings, each once, and in awsvpc for none of the host's")
    func hostPorts() throws {
        var request = Definitions.host()
        request.networkMode = "host"
        var range = PortMapping()
        range.containerPortRange = "8001-8002"
        var udp = Definitions.port(8000)
        udp.protocol = "udp"
        request.app.portMappings = [Definitions.port(8000), Definitions.port(8000, host: 0), udp, range]
        var other = Definitions.container("other")
        other.memory = 200
        other.portMappings = [Definitions.port(8001, host: 8001), Definitions.port(80, host: 80)]
        request.containerDefinitions?.append(other)
        let policy = HostPolicy(allowsHostNetwork: true)
        let definition = try Definitions.registered(request, under: policy)
        let ports = try RunTaskRequest().validated(for: definition, under: policy).network.ports
        #expect(
            ports.map { "\($0.hostPort)/\($0.transport)" } == [
                "8000/tcp", "8000/udp", "8001/tcp", "8002/tcp", "80/tcp",
            ])
        #expect(ports.allSatisfy { $0.hostPort == $0.containerPort })
        var fargate = Definitions.fargate()
        fargate.app.portMappings = [Definitions.port(80)]
        #expect(try call().validated(for: Definitions.registered(fargate)).network.ports.isEmpty)
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
