import BerthEngine
import BerthModel
import Foundation

/// A container as it reads of itself.
struct ContainerDocument: Encodable {
    struct Port: Encodable {
        var containerPort: Int
        var `protocol`: String
        var hostPort: Int?
    }

    struct Health: Encodable {
        var status: String
    }

    var dockerId: String
    var name: String
    var dockerName: String
    var image: String
    var imageID: String
    var ports: [Port]?
    var labels: [String: String]
    var desiredStatus: String
    var knownStatus: String
    var exitCode: Int?
    var limits: TaskDocument.Limits
    var createdAt: Date?
    var startedAt: Date?
    var finishedAt: Date?
    var type = "NORMAL"
    var networks: [NetworkDocument]?
    var health: Health?
    var containerARN: String?
    var logDriver: String?
    var logOptions: [String: String]?
    var snapshotter: String?
    var restartCount: Int?

    init(_ view: TaskView, _ index: Int, version: Int) {
        let container = view.task.containers[index]
        let settings = view.settings.containers[index]
        dockerId = container.runtimeId ?? ""
        name = container.name
        dockerName = container.name
        image = container.image
        imageID = container.imageDigest ?? ""
        ports = Self.ports(view, index)
        labels = Self.labels(view, settings)
        desiredStatus = view.task.desiredStatus.rawValue
        knownStatus = Self.known(container, in: view.task)
        exitCode = container.exitCode
        limits = TaskDocument.Limits(cpu: Double(settings.cpuUnits), memory: settings.memoryMiB)
        if container.lastStatus != "PENDING" { createdAt = view.task.pullStoppedAt ?? view.task.createdAt }
        startedAt = view.times[index].startedAt
        finishedAt = view.times[index].finishedAt
        networks = NetworkDocument(view, version: version).map { [$0] }
        if container.healthStatus != "UNKNOWN" { health = Health(status: container.healthStatus) }
        guard version >= 4 else { return }
        containerARN = container.containerArn
        snapshotter = "overlayfs"
        restartCount = 0
        guard let log = settings.awslogs else { return }
        logDriver = "awslogs"
        logOptions = [
            "awslogs-group": log.group, "awslogs-region": log.region.isEmpty ? view.region : log.region,
            "awslogs-stream": log.streamName(container: container.name, taskID: view.task.id),
        ]
        if log.createsGroup { logOptions?["awslogs-create-group"] = "true" }
    }

    /// The agent's words for a container's state.
    private static func known(_ container: Container, in task: ECSTask) -> String {
        guard container.lastStatus == "PENDING" else { return container.lastStatus }
        return task.pullStoppedAt == nil ? "NONE" : "PULLED"
    }

    /// One for each port, also of ranges: what the agent shows is what Docker tells it, which knows no ranges.
    private static func ports(_ view: TaskView, _ index: Int) -> [Port]? {
        let mode = view.network.mode
        let mapped = view.settings.containers[index].portMappings.compactMap { $0.published(container: index) }
        let known = mode == .bridge ? view.network.ports.filter { $0.container == index } : mapped
        let ports = known.flatMap(\.each).map { port in
            let hostPort = mode == .host ? port.containerPort : port.hostPort
            return Port(
                containerPort: Int(port.containerPort), protocol: port.transport.rawValue,
                hostPort: hostPort == 0 ? nil : Int(hostPort))
        }
        return ports.isEmpty ? nil : ports
    }

    private static func labels(_ view: TaskView, _ settings: ContainerSettings) -> [String: String] {
        let own = [
            "com.amazonaws.ecs.cluster": view.task.clusterArn,
            "com.amazonaws.ecs.container-name": settings.name,
            "com.amazonaws.ecs.task-arn": view.task.taskArn,
            "com.amazonaws.ecs.task-definition-family": view.family,
            "com.amazonaws.ecs.task-definition-version": String(view.revision),
        ]
        return settings.dockerLabels.merging(own) { $1 }
    }
}
