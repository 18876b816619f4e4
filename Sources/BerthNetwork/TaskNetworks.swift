import BerthLinux
import BerthModel

/// The networks of all tasks, as the engine needs them; tests put one without a kernel in its place.
///
/// Calls may come from any thread and take moments: kernel work is done on the network's own thread.
public protocol TaskNetworks: Sendable {
    /// Gives a task its link, ports and namespace, from the pool where one is ready.
    ///
    /// Nothing of it is durable: the caller writes ``Sandbox/network`` down with the task, or gives it back.
    func take(_ wanted: NetworkRequest) async throws(NetworkRefusal) -> Sandbox

    /// A namespace for a task that an earlier daemon accepted and did not launch: with the same addresses and ports.
    func restore(_ network: TaskNetwork, id: String, settings: [NetworkSetting]) async throws(NetworkRefusal) -> Sandbox

    /// Takes up the links and ports of a task that runs.
    func adopt(_ network: TaskNetwork, id: String) async

    /// What crossed the link so far; nil when it is gone or there is none.
    func usage(of network: TaskNetwork) async -> NetworkUsage?

    /// Takes back what a task held, once nothing of it runs any more.
    func release(_ network: TaskNetwork, id: String) async

    /// Takes back what a task held that was never launched: with a namespace that no process has entered, which may wait for
    /// another task.
    func giveBack(_ unused: Sandbox, id: String) async

    /// What the tasks see of the network as a whole; nil where tasks have no network.
    var facts: NetworkFacts? { get }
}

/// What a task of an earlier daemon holds, as it was written down.
public struct HeldNetwork: Equatable, Sendable {
    /// The task's id.
    public var task: String
    /// As its row has it.
    public var network: TaskNetwork

    public init(task: String, _ network: TaskNetwork) {
        self.task = task
        self.network = network
    }
}

/// What a task asks of the network.
public struct NetworkRequest: Sendable {
    /// The task's.
    public var id: String
    /// What is given: a link in `awsvpc` and `bridge`, a namespace alone in `none`, ports alone in `host`.
    public var mode: TaskNetwork.Mode
    /// Ids; empty for the default group.
    public var securityGroups: [String]
    /// Host port 0 asks for any free one.
    public var ports: [PublishedPort]
    /// Settings below `net.`, for example `net.core.somaxconn`.
    public var settings: [NetworkSetting]

    public init(
        id: String, mode: TaskNetwork.Mode, securityGroups: [String] = [], ports: [PublishedPort] = [],
        settings: [NetworkSetting] = []
    ) {
        self.id = id
        self.mode = mode
        self.securityGroups = securityGroups
        self.ports = ports
        self.settings = settings
    }
}

/// A kernel setting of a network namespace.
public struct NetworkSetting: Sendable, Equatable {
    /// Below `/proc/sys/net`, with slashes.
    public var path: String
    /// As it is written into the file.
    public var value: String

    public init(path: String, value: String) {
        self.path = path
        self.value = value
    }
}

/// A network namespace made ready for a task. It ends when its last descriptor is closed and no process is in it.
public struct Sandbox: Sendable {
    /// What the task holds; to be written down with it.
    public var network: TaskNetwork
    /// The namespace; nil for `host`.
    public var namespace: SharedNamespace?
    /// Files that show what crossed the link to a process in the namespace, by the counter's name in the record; see
    /// ``TrafficCounter``.
    public var counters: [(name: String, path: String)]
    /// Nothing in the namespace was made for the one task: until a process enters it, it is as good for any other.
    public var isPlain: Bool

    public init(
        network: TaskNetwork, namespace: SharedNamespace?, counters: [(name: String, path: String)] = [],
        isPlain: Bool = false
    ) {
        self.network = network
        self.namespace = namespace
        self.counters = counters
        self.isPlain = isPlain
    }
}

/// The network as a task sees it.
public struct NetworkFacts: Equatable, Sendable {
    public var subnet: IPv4Block
    /// Nil without IPv6.
    public var subnet6: IPv6Block?
    /// The bridge's own addresses: a task's way out.
    public var gateway: IPv4Address
    /// See ``gateway``; nil without IPv6.
    public var gateway6: IPv6Address?
    /// Bytes of the largest IP packet.
    public var mtu: UInt32
    /// Where a task's names are resolved, and its metadata is served.
    public var resolver: IPv4Address
    /// See ``resolver``.
    public var metadata: IPv4Address

    public init(
        subnet: IPv4Block, subnet6: IPv6Block?, gateway: IPv4Address, gateway6: IPv6Address?, mtu: UInt32,
        resolver: IPv4Address, metadata: IPv4Address
    ) {
        self.subnet = subnet
        self.subnet6 = subnet6
        self.gateway = gateway
        self.gateway6 = gateway6
        self.mtu = mtu
        self.resolver = resolver
        self.metadata = metadata
    }
}

/// Why a task gets no network, in the words of ECS's `failures[].reason`.
public struct NetworkRefusal: Error, Equatable, Sendable {
    /// What there is not enough of; the raw value is ECS's word.
    public enum Reason: String, Sendable {
        /// No address is free, or there is no network.
        case interface = "RESOURCE:ENI"
        /// A port of the host is taken.
        case ports = "RESOURCE:PORTS"
    }
    public var reason: Reason
    /// With the field and the remedy.
    public var detail: String

    public init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}
