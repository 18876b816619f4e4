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
    /// `family:<family>` unless the call named one.
    public var group: String
    /// What the call said; nil when it said nothing.
    public var startedBy: String?
    /// `FARGATE` or `EC2`.
    public var launchType: String = "FARGATE"
    /// Present when a capacity provider strategy chose it.
    public var capacityProviderName: String?
    /// Fargate's present one, whichever of those that Berth takes was asked for.
    public var platformVersion: String = "1.4.0"
    public var platformFamily: String = "Linux"
    /// Has an item for every container, also for those without overrides.
    public var overrides: TaskOverride
    /// Empty in an answer that was not asked for them.
    public var tags: [Tag]?
    /// The network interface of a task in mode `awsvpc`.
    public var attachments: [Attachment] = []
    /// `CONNECTED` from the first container's start on; nil before.
    public var connectivity: String?
    public var connectivityAt: Date?
    public var enableExecuteCommand: Bool = false
    /// No health checks are run: there is no other.
    public var healthStatus: String = "UNKNOWN"
    /// Also when nobody asked for more than the 20 GiB that are Fargate's least.
    public var ephemeralStorage: EphemeralStorage?
    /// What the task asks of its host, such as `ecs.cpu-architecture`.
    public var attributes: [Attribute]?
    /// Never set: there is one host.
    public var availabilityZone: String?
    /// When it was accepted.
    public var createdAt: Date
    /// From here on the task is charged, also when its images are there already; nil when it ended before.
    public var pullStartedAt: Date?
    public var pullStoppedAt: Date?
    /// When the last of its essential containers had started; nil when not all did.
    public var startedAt: Date?
    /// When its end was decided, by whatever.
    public var stoppingAt: Date?
    /// When the last container had exited.
    public var executionStoppedAt: Date?
    public var stoppedAt: Date?
    /// Nil until its end is decided; the first reason stays.
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

/// Why a task stopped (Amazon ECS API reference, `Task.stopCode`).
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
    /// As the definition names it.
    public var image: String
    /// The manifest's digest, once the image is resolved.
    public var imageDigest: String?
    /// The task's id, a hyphen and a number, as on Fargate; no runtime knows it.
    public var runtimeId: String?
    /// `PENDING`, `RUNNING` or `STOPPED`.
    public var lastStatus: String = "PENDING"
    /// Absent for a container that never started, or whose exit code is not known: never a guess.
    public var exitCode: Int?
    /// `<ErrorName>: <text>`, when there is something to say.
    public var reason: String?
    /// No health checks are run: there is no other.
    public var healthStatus: String = "UNKNOWN"
    /// Of a task in mode `awsvpc`; all its containers share one.
    public var networkInterfaces: [NetworkInterface] = []
    /// Of a task with published ports.
    public var networkBindings: [NetworkBinding] = []
    /// Present in a task with `enableExecuteCommand`.
    public var managedAgents: [ManagedAgent]?
    /// Units, as the API's string; 0 when none were asked for.
    public var cpu: String
    /// MiB, as the API's string.
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

/// A network attachment of a container, in the shape of the ECS API's `NetworkInterface`.
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

    /// A single port.
    public init(bindIP: String?, containerPort: Int?, hostPort: Int?, protocol: String?) {
        self.bindIP = bindIP
        self.containerPort = containerPort
        self.hostPort = hostPort
        self.protocol = `protocol`
    }

    /// A range, each end `first-last`.
    public init(bindIP: String?, containerPortRange: String, hostPortRange: String, protocol: String?) {
        self.bindIP = bindIP
        self.protocol = `protocol`
        self.containerPortRange = containerPortRange
        self.hostPortRange = hostPortRange
    }
}

/// An attachment of a task, in the shape of the ECS API's `Attachment`.
public struct Attachment: Codable, Equatable, Sendable {
    public var id: String
    /// `ElasticNetworkInterface`.
    public var type: String
    /// `PRECREATED`, then `ATTACHED`, then `DELETED`.
    public var status: String
    /// Addresses and the like, by AWS's names.
    public var details: [KeyValuePair]
    public init(id: String, type: String, status: String, details: [KeyValuePair]) {
        self.id = id
        self.type = type
        self.status = status
        self.details = details
    }
}

/// The size of a task's scratch space, in the shape of the ECS API's `EphemeralStorage`.
public struct EphemeralStorage: Codable, Equatable, Sendable {
    /// 21 to 200 in a request; 20 in the answer for a task that asked for none.
    public var sizeInGiB: Int
    public init(sizeInGiB: Int) { self.sizeInGiB = sizeInGiB }
}

/// A tag of a resource, in the shape of the ECS API's `Tag`.
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

/// What a RunTask call changes of the definition, in the shape of the ECS API's `TaskOverride`; nil members change
/// nothing.
public struct TaskOverride: Codable, Equatable, Sendable {
    public var containerOverrides: [ContainerOverride]?
    /// As ``RegisterTaskDefinitionRequest/cpu``; so is the memory.
    public var cpu: String?
    public var memory: String?
    public var ephemeralStorage: EphemeralStorage?
    /// Empty is as good as nil; so is the execution role's.
    public var taskRoleArn: String?
    public var executionRoleArn: String?
    /// Refused.
    public var inferenceAcceleratorOverrides: [InferenceAccelerator]?
    public init() {}
}

/// What a RunTask call changes of one container's definition, in the shape of the ECS API's `ContainerOverride`; nil
/// members change nothing.
public struct ContainerOverride: Codable, Equatable, Sendable {
    /// Of a container of the definition; each once.
    public var name: String?
    /// In place of the definition's; empty is as good as nil.
    public var command: [String]?
    /// Over the definition's variables, by name.
    public var environment: [KeyValuePair]?
    public var cpu: Int?
    /// The hard limit in MiB; the reservation is the soft one.
    public var memory: Int?
    public var memoryReservation: Int?
    /// Refused when the task is run.
    public var environmentFiles: [EnvironmentFile]?
    /// Refused.
    public var resourceRequirements: [ResourceRequirement]?
    public init(name: String?) { self.name = name }
}
