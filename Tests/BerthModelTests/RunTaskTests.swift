import BerthModel
import Testing

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
