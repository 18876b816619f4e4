import BerthCgroups
import BerthModel
import BerthNetwork
import Foundation

/// What the endpoints in a task's network ask of the engine; tests put tasks of their own in its place.
public protocol EndpointSource: Sendable {
    /// The id of the task that has an address; nil for an address of nobody's.
    func task(at address: IPv4Address) -> String?
    /// The container that asks under an id; nil for an id that was never given, or whose task is over.
    func container(endpoint id: String) -> EndpointContainer?
    /// The task whose role's credentials are asked for under an id.
    func task(credentials id: String) -> RoleOfTask?
    /// A task as it is now; nil when it is over.
    func view(task id: String) -> TaskView?
    /// What its containers use now. Blocks on no lock; the files are read on a thread of the engine's.
    func readings(task id: String) async -> TaskReadings?
    /// Bytes that its containers have written to their own file systems; nil when it cannot be told.
    func storageUsed(task id: String) async -> UInt64?
    /// Until when a task wants to be spared; nil if not at all, or no more.
    func protection(task id: String) -> Date?
    /// Durable when it returns.
    func protect(task id: String, until: Date?) async throws
}

/// A container as the id of its endpoint tells it.
public struct EndpointContainer: Equatable, Sendable {
    /// The task's id.
    public var task: String
    /// Its index in the task.
    public var container: Int
    /// Then it asks from an address of the host.
    public var isInHostNetwork: Bool

    public init(task: String, container: Int, isInHostNetwork: Bool) {
        self.task = task
        self.container = container
        self.isInHostNetwork = isInHostNetwork
    }
}

/// A task and the role that it has.
public struct RoleOfTask: Equatable, Sendable {
    /// The task's id.
    public var task: String
    /// For example `arn:aws:iam::123456789012:role/etl`.
    public var roleArn: String
    /// Then it asks from an address of the host.
    public var isInHostNetwork: Bool

    public init(task: String, roleArn: String, isInHostNetwork: Bool) {
        self.task = task
        self.roleArn = roleArn
        self.isInHostNetwork = isInHostNetwork
    }
}

/// All that a task may know of itself, at one moment.
public struct TaskView: Sendable {
    /// As DescribeTasks shows it.
    public var task: ECSTask
    /// What it was accepted as, overrides applied.
    public var settings: TaskSettings
    /// Of its definition, as is the revision.
    public var family: String
    public var revision: Int
    /// In mode `none` for a task that holds none.
    public var network: TaskNetwork
    /// Nil where tasks have no network.
    public var facts: NetworkFacts?
    /// By container.
    public var times: [ContainerTimes]
    /// The account's.
    public var region: String
    /// What all disks of its containers may hold, in MiB.
    public var reservedStorageMiB: Int { settings.ephemeralStorageGiB * 1024 }

    public init(
        task: ECSTask, settings: TaskSettings, family: String, revision: Int, network: TaskNetwork,
        facts: NetworkFacts?, times: [ContainerTimes], region: String
    ) {
        self.task = task
        self.settings = settings
        self.family = family
        self.revision = revision
        self.network = network
        self.facts = facts
        self.times = times
        self.region = region
    }
}

/// When a container started and ended.
public struct ContainerTimes: Equatable, Sendable {
    /// When its program was started; nil before.
    public var startedAt: Date?
    /// Nil while it runs.
    public var finishedAt: Date?

    public init(startedAt: Date? = nil, finishedAt: Date? = nil) {
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}

/// The kernel's counters of a task at one moment.
public struct TaskReadings: Equatable, Sendable {
    /// When it was taken, by the wall clock.
    public var time: Date
    /// By container's name; without those that do not run.
    public var containers: [String: CgroupStatistics]
    /// Of the task's link; nil without one.
    public var network: NetworkUsage?
    /// Nanoseconds that all CPUs of the host have spent, idle too.
    public var systemCPU: UInt64
    /// How many CPUs there are.
    public var cpus: Int

    public init(
        time: Date, containers: [String: CgroupStatistics], network: NetworkUsage?, systemCPU: UInt64, cpus: Int
    ) {
        self.time = time
        self.containers = containers
        self.network = network
        self.systemCPU = systemCPU
        self.cpus = cpus
    }
}
