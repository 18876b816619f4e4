import BerthModel
import Foundation

extension Samples {
    /// A task of the sample definition as DescribeTasks tells it while it runs.
    ///
    /// - Parameter number: makes its id, so that each number is a task of its own.
    public static func task(_ number: Int) throws -> ECSTask {
        let definition = try definition()
        let settings = try JSONDecoder().decode(RunTaskRequest.self, from: runTask).validated(for: definition)
        let id = hexadecimal(number)
        let arn = account.taskARN(cluster: "nightly", id: id)
        var task = ECSTask(
            taskArn: arn, clusterArn: account.clusterARN("nightly"), taskDefinitionArn: definition.taskDefinitionArn,
            containers: settings.containers.enumerated().map { container($0, $1, of: arn, id: id) },
            cpu: String(settings.size.cpuUnits), memory: String(settings.size.memoryMiB), group: settings.group,
            overrides: settings.overrides, createdAt: time)
        task.lastStatus = .running
        task.startedBy = settings.startedBy
        task.tags = [Tag(key: "team", value: "growth"), Tag(key: "dag", value: "events_daily")]
        task.ephemeralStorage = EphemeralStorage(sizeInGiB: settings.ephemeralStorageGiB)
        task.connectivity = "CONNECTED"
        task.connectivityAt = time
        task.pullStartedAt = time
        task.pullStoppedAt = time
        task.startedAt = time
        task.version = 4
        return task
    }

    private static let time = Date(timeIntervalSince1970: 1_700_000_123.456)

    private static func container(_ index: Int, _ settings: ContainerSettings, of task: String, id: String) -> Container
    {
        var container = Container(
            containerArn: account.containerARN(cluster: "nightly", task: id, id: "\(id.prefix(8))-\(index)"),
            taskArn: task,
            name: settings.name, image: settings.image, cpu: String(settings.cpuUnits))
        container.memory = settings.memoryMiB.map(String.init)
        container.imageDigest = "sha256:" + String(repeating: "ab", count: 32)
        container.runtimeId = "\(id)-\(index)"
        container.lastStatus = "RUNNING"
        container.networkInterfaces = [
            NetworkInterface(attachmentId: "\(id.prefix(8))", privateIpv4Address: "10.42.0.17")
        ]
        return container
    }

    private static func hexadecimal(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
