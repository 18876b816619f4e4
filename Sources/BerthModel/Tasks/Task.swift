import Foundation

/// One run of a task definition, in the shape of the ECS API's `Task`; what DescribeTasks answers and the store keeps.
///
/// Named `ECSTask` because Swift's own `Task` is used everywhere beside it.
public struct ECSTask: Codable, Equatable, Sendable {
    public var taskArn: String
    public var clusterArn: String
    public var taskDefinitionArn: String
    /// What Berth wants: `RUNNING` until the task is to stop, then `STOPPED`.
    public var desiredStatus: TaskStatus
    /// What is.
    public var lastStatus: TaskStatus
    public var containers: [Container]
    /// CPU units (1024 are one vCPU), as the API's string.
    public var cpu: String
    /// MiB, as the API's string.
    public var memory: String
    public var group: String
    public var startedBy: String?
    public var launchType: String = "FARGATE"
    /// Present when a capacity provider strategy chose it.
    public var capacityProviderName: String?
    public var platformVersion: String = "1.4.0"
    public var platformFamily: String = "Linux"
    public var overrides: TaskOverride
    public var tags: [Tag]?
    public var attachments: [Attachment] = []
    public var connectivity: String?
    public var connectivityAt: Date?
    public var enableExecuteCommand: Bool = false
    public var healthStatus: String = "UNKNOWN"
    public var ephemeralStorage: EphemeralStorage?
    /// What the task asks of its host, such as `ecs.cpu-architecture`.
    public var attributes: [Attribute]?
    public var availabilityZone: String?
    public var createdAt: Date
    public var pullStartedAt: Date?
    public var pullStoppedAt: Date?
    public var startedAt: Date?
    public var stoppingAt: Date?
    public var executionStoppedAt: Date?
    public var stoppedAt: Date?
    public var stopCode: StopCode?
    public var stoppedReason: String?
    /// Rises by one with every change.
    public var version: Int = 1

    public init(
        taskArn: String, clusterArn: String, taskDefinitionArn: String, containers: [Container], cpu: String,
        memory: String,
        group: String, overrides: TaskOverride, createdAt: Date
    ) {
        self.taskArn = taskArn
        self.clusterArn = clusterArn
        self.taskDefinitionArn = taskDefinitionArn
        self.desiredStatus = .running
        self.lastStatus = .provisioning
        self.containers = containers
        self.cpu = cpu
        self.memory = memory
        self.group = group
        self.overrides = overrides
        self.createdAt = createdAt
    }

    /// The 32 hexadecimal digits at the end of the ARN.
    public var id: String { String(taskArn.split(separator: "/").last ?? "") }
}

/// The life of a task (Amazon ECS developer guide, "Task lifecycle").
public enum TaskStatus: String, Codable, Sendable, CaseIterable {
    case provisioning = "PROVISIONING"
    case pending = "PENDING"
    case activating = "ACTIVATING"
    case running = "RUNNING"
    case deactivating = "DEACTIVATING"
    case stopping = "STOPPING"
    case deprovisioning = "DEPROVISIONING"
    case stopped = "STOPPED"
}

/// Why a task stopped.
public enum StopCode: String, Codable, Sendable {
    case taskFailedToStart = "TaskFailedToStart"
    case essentialContainerExited = "EssentialContainerExited"
    case userInitiated = "UserInitiated"
    case terminationNotice = "TerminationNotice"
}

/// One container of a task, in the shape of the ECS API's `Container`.
public struct Container: Codable, Equatable, Sendable {
    public var containerArn: String
    public var taskArn: String
    public var name: String
    public var image: String
    /// The manifest's digest, once the image is resolved.
    public var imageDigest: String?
    public var runtimeId: String?
    /// `PENDING`, `RUNNING` or `STOPPED`.
    public var lastStatus: String = "PENDING"
    /// Absent for a container that never started, or whose exit code is not known: never a guess.
    public var exitCode: Int?
    /// `<ErrorName>: <text>`, when there is something to say.
    public var reason: String?
    public var healthStatus: String = "UNKNOWN"
    public var networkInterfaces: [NetworkInterface] = []
    public var networkBindings: [NetworkBinding] = []
    /// Present in a task with `enableExecuteCommand`.
    public var managedAgents: [ManagedAgent]?
    public var cpu: String
    public var memory: String?
    public var memoryReservation: String?

    public init(containerArn: String, taskArn: String, name: String, image: String, cpu: String) {
        self.containerArn = containerArn
        self.taskArn = taskArn
        self.name = name
        self.image = image
        self.cpu = cpu
    }
}

/// A network attachment of a container.
public struct NetworkInterface: Codable, Equatable, Sendable {
    public var attachmentId: String?
    public var privateIpv4Address: String?
    public var ipv6Address: String?
    public init(attachmentId: String?, privateIpv4Address: String?, ipv6Address: String? = nil) {
        self.attachmentId = attachmentId
        self.privateIpv4Address = privateIpv4Address
        self.ipv6Address = ipv6Address
    }
}

/// A published port of a container, or a range of them (Amazon ECS API reference, `NetworkBinding`).
public struct NetworkBinding: Codable, Equatable, Sendable {
    public var bindIP: String?
    public var containerPort: Int?
    public var hostPort: Int?
    public var `protocol`: String?
    /// `first-last`, in place of the single port; so is the host's.
    public var containerPortRange: String?
    public var hostPortRange: String?

    public init(bindIP: String?, containerPort: Int?, hostPort: Int?, protocol: String?) {
        self.bindIP = bindIP
        self.containerPort = containerPort
        self.hostPort = hostPort
        self.protocol = `protocol`
    }

    public init(bindIP: String?, containerPortRange: String, hostPortRange: String, protocol: String?) {
        self.bindIP = bindIP
        self.protocol = `protocol`
        self.containerPortRange = containerPortRange
        self.hostPortRange = hostPortRange
    }
}

/// An attachment of a task, such as its network interface.
public struct Attachment: Codable, Equatable, Sendable {
    public var id: String
    public var type: String
    /// `PRECREATED`, then `ATTACHED`, then `DELETED`.
    public var status: String
    public var details: [KeyValuePair]
    public init(id: String, type: String, status: String, details: [KeyValuePair]) {
        self.id = id
        self.type = type
        self.status = status
        self.details = details
    }
}

/// The size of a task's scratch space.
public struct EphemeralStorage: Codable, Equatable, Sendable {
    public var sizeInGiB: Int
    public init(sizeInGiB: Int) { self.sizeInGiB = sizeInGiB }
}

/// A tag of a resource.
public struct Tag: Codable, Equatable, Sendable {
    public var key: String?
    public var value: String?
    public init(key: String?, value: String?) {
        self.key = key
        self.value = value
    }
}

/// A name and its value, as the API writes environment variables and details.
public struct KeyValuePair: Codable, Equatable, Sendable {
    public var name: String?
    public var value: String?
    public init(name: String?, value: String?) {
        self.name = name
        self.value = value
    }
}

/// What a RunTask call changes of the definition.
public struct TaskOverride: Codable, Equatable, Sendable {
    public var containerOverrides: [ContainerOverride]?
    public var cpu: String?
    public var memory: String?
    public var ephemeralStorage: EphemeralStorage?
    public var taskRoleArn: String?
    public var executionRoleArn: String?
    public var inferenceAcceleratorOverrides: [InferenceAccelerator]?
    public init() {}
}

/// What a RunTask call changes of one container's definition.
public struct ContainerOverride: Codable, Equatable, Sendable {
    public var name: String?
    public var command: [String]?
    public var environment: [KeyValuePair]?
    public var cpu: Int?
    public var memory: Int?
    public var memoryReservation: Int?
    public var environmentFiles: [EnvironmentFile]?
    public var resourceRequirements: [ResourceRequirement]?
    public init(name: String?) { self.name = name }
}
