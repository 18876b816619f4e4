import BerthModel
import Foundation

/// The task definition behind `berth run`: one container of one image, in one size.
///
/// Its family is made from exactly these, so that the same call finds it again: only the first run registers it.
struct RunDefinition {
    var image: String
    var cpu: Int
    var memory: Int

    static let containerName = "main"

    /// `run-<image>-<cpu>-<memory>-<hash>`: readable, and different for images whose letters a family cannot hold.
    var family: String {
        let allowed = image.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "-" }
        return "run-\(String(allowed.suffix(180)))-\(cpu)-\(memory)-\(String(Self.hash(image), radix: 16))"
    }

    /// FARGATE where AWS offers the size, so that what runs here runs there; else the host's own rules.
    var isFargate: Bool { FargateSizes.contains(cpuUnits: cpu, memoryMiB: memory) }

    var registration: RegisterTaskDefinitionRequest {
        var container = ContainerDefinition()
        container.name = Self.containerName
        container.image = image
        container.essential = true
        var request = RegisterTaskDefinitionRequest()
        request.family = family
        request.cpu = String(cpu)
        request.memory = String(memory)
        request.networkMode = isFargate ? "awsvpc" : "none"
        request.requiresCompatibilities = isFargate ? ["FARGATE"] : ["EC2"]
        request.containerDefinitions = [container]
        return request
    }

    func request(command: [String]) -> RunTaskRequest {
        var request = RunTaskRequest()
        request.clientToken = UUID().uuidString
        request.taskDefinition = family
        request.launchType = isFargate ? "FARGATE" : "EC2"
        if isFargate {
            var network = AwsVpcConfiguration()
            network.subnets = ["subnet-00000000"]
            request.networkConfiguration = NetworkConfiguration()
            request.networkConfiguration?.awsvpcConfiguration = network
        }
        if !command.isEmpty {
            var container = ContainerOverride(name: Self.containerName)
            container.command = command
            var overrides = TaskOverride()
            overrides.containerOverrides = [container]
            request.overrides = overrides
        }
        return request
    }

    /// Has the daemon accept a task.
    func start(command: [String], with client: Client) async throws -> ECSTask {
        let request = request(command: command)
        let reply: TasksResponse
        do {
            reply = try await client.ecs("RunTask", request)
        } catch let error as ServiceError where Self.isUnknownDefinition(error) {
            let _: TaskDefinitionResponse = try await client.ecs("RegisterTaskDefinition", registration)
            reply = try await client.ecs("RunTask", request)
        }
        if let task = reply.tasks.first { return task }
        let failure = reply.failures.first
        let reason = [failure?.reason, failure?.detail].compactMap(\.self).joined(separator: ": ")
        throw CommandFailure(
            "no room for the task on this machine: \(reason); ask for less with --cpu and --memory, or wait for others to end",
            exitCode: Run.notStarted)
    }

    /// How ECS refuses RunTask for a family that nobody registered yet.
    private static func isUnknownDefinition(_ error: ServiceError) -> Bool {
        error.code == "ClientException" && error.message.contains("TaskDefinition not found")
    }

    /// FNV-1a, 64 bits: the same in every process, unlike Swift's own hashes.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
