import BerthEngine
import BerthModel
import Foundation

/// A task as it reads of itself (Amazon ECS developer guide, "Task metadata endpoint version 4").
struct TaskDocument: Encodable {
    struct Limits: Encodable {
        /// vCPUs of a task, units of a container.
        var cpu: Double?
        /// MiB.
        var memory: Int?

        enum CodingKeys: String, CodingKey {
            case cpu = "CPU"
            case memory
        }
    }

    /// MiB.
    struct Storage: Encodable {
        var utilized: UInt64
        var reserved: Int
    }

    var cluster: String
    var taskARN: String
    var family: String
    var revision: String
    var serviceName: String?
    var desiredStatus: String
    var knownStatus: String
    var limits: Limits
    var pullStartedAt: Date?
    var pullStoppedAt: Date?
    var executionStoppedAt: Date?
    var availabilityZone: String
    var availabilityZoneID: String?
    var launchType: String?
    var containers: [ContainerDocument]
    var vpcID: String?
    var group: String?
    var clockDrift: ClockDrift?
    var ephemeralStorageMetrics: Storage?
    var faultInjectionEnabled: Bool?
    var taskTags: [String: String]?

    enum CodingKeys: String, CodingKey {
        case cluster, taskARN, family, revision, serviceName, desiredStatus, knownStatus, limits, pullStartedAt
        case pullStoppedAt, executionStoppedAt, availabilityZone, availabilityZoneID, launchType, containers, group
        case clockDrift, ephemeralStorageMetrics, faultInjectionEnabled, taskTags
        case vpcID = "VPCID"
    }

    /// - Parameters:
    ///   - version: 4 has members that 3 has not.
    ///   - storageUsed: bytes.
    init(_ view: TaskView, version: Int, withTags: Bool, storageUsed: UInt64?, clock: ClockDrift?) {
        let task = view.task
        cluster = task.clusterArn
        taskARN = task.taskArn
        family = view.family
        revision = String(view.revision)
        serviceName = task.group.hasPrefix("service:") ? String(task.group.dropFirst("service:".count)) : nil
        desiredStatus = task.desiredStatus.rawValue
        knownStatus = task.lastStatus.rawValue
        limits = Limits(cpu: Double(view.settings.size.cpuUnits) / 1024, memory: view.settings.size.memoryMiB)
        pullStartedAt = task.pullStartedAt
        pullStoppedAt = task.pullStoppedAt
        executionStoppedAt = task.executionStoppedAt
        // There is one host, and so one zone.
        availabilityZone = task.availabilityZone ?? view.region + "a"
        containers = task.containers.indices.map { ContainerDocument(view, $0, version: version) }
        if withTags { taskTags = Self.tags(task.tags ?? []) }
        guard version >= 4 else { return }
        availabilityZoneID = view.region + "-az1"
        launchType = task.launchType
        group = task.group
        // Fargate's tasks are not told.
        if task.launchType == "EC2" { vpcID = "vpc-00000000" }
        clockDrift = clock
        ephemeralStorageMetrics = storageUsed.map { Storage(utilized: $0 >> 20, reserved: view.reservedStorageMiB) }
        faultInjectionEnabled = false
    }

    private static func tags(_ tags: [Tag]) -> [String: String] {
        Dictionary(tags.map { ($0.key ?? "", $0.value ?? "") }, uniquingKeysWith: { _, last in last })
    }
}
