/// What a task asks of the network: its definition's mode and ports, and the groups of the call.
public struct NetworkWishes: Equatable, Sendable {
    /// `none` also when every container has `disableNetworking`; `bridge` when the definition names none.
    public var mode: TaskNetwork.Mode
    /// As the call names them; all of them are this host's one network.
    public var subnets: [String]
    /// As the call names them; empty for the default group.
    public var securityGroups: [String]
    /// Ports of the host that are to lead to it (`bridge`), where host port 0 stands for any free one; those that it serves
    /// itself, each once (`host`).
    public var ports: [PublishedPort]
    /// Kernel settings of its network namespace, by names beginning with `net.`; of two of a name the later counts.
    public var systemControls: [SystemControl]

    init(_ call: NetworkConfiguration?, _ definition: TaskDefinition) {
        let containers = definition.containerDefinitions
        // What Docker's default is, is that of ECS on a customer's own machines (RegisterTaskDefinition, `networkMode`).
        let named = TaskNetwork.Mode(rawValue: definition.networkMode ?? "") ?? .bridge
        mode = !containers.isEmpty && containers.allSatisfy { $0.disableNetworking == true } ? .none : named
        subnets = call?.awsvpcConfiguration?.subnets ?? []
        securityGroups = call?.awsvpcConfiguration?.securityGroups ?? []
        let published = containers.enumerated().flatMap { $1.publishedPorts(container: $0) }
        ports =
            switch mode {
            case .bridge: published
            case .host: Self.hostPorts(published)
            case .awsvpc, .none: []
            }
        systemControls = containers.flatMap { $0.systemControls ?? [] }.filter {
            SystemControlScope(of: $0.namespace ?? "") == .network
        }
    }

    /// A container's port is the host's there. A task has each once, whichever of its containers name it, as ECS counts a
    /// host's ports: a set of numbers.
    private static func hostPorts(_ ports: [PublishedPort]) -> [PublishedPort] {
        var seen: Set<String> = []
        return ports.flatMap(\.each).compactMap { port in
            guard seen.insert("\(port.containerPort)/\(port.transport.rawValue)").inserted else { return nil }
            var own = port
            own.hostPort = port.containerPort
            return own
        }
    }
}

/// What a definition says of a container's names, beside what every container has.
public struct ContainerNames: Equatable, Sendable {
    /// Nil for the usual one.
    public var hostname: String?
    /// `container` or `container:alias`.
    public var links: [String]
    /// Further lines of its `/etc/hosts`.
    public var extraHosts: [HostEntry]
    /// Instead of Berth's own resolver.
    public var dnsServers: [String]
    /// Of its `/etc/resolv.conf`.
    public var searchDomains: [String]

    init(_ container: ContainerDefinition) {
        hostname = container.hostname.flatMap { $0.isEmpty ? nil : $0 }
        links = container.links ?? []
        extraHosts = container.extraHosts ?? []
        dnsServers = container.dnsServers ?? []
        searchDomains = container.dnsSearchDomains ?? []
    }
}

extension ContainerDefinition {
    /// One for each mapping; a range's host ports are any free ones.
    func publishedPorts(container: Int) -> [PublishedPort] {
        (portMappings ?? []).compactMap { $0.published(container: container) }
    }
}

extension PortMapping {
    /// As it asks for ports of the host, of which 0 are any; nil without a port of the container.
    public func published(container: Int) -> PublishedPort? {
        guard let ports = containerPorts, ports.lowerBound > 0 else { return nil }
        return PublishedPort(
            container: container, containerPort: ports.lowerBound,
            hostPort: hostPort.flatMap(UInt16.init(exactly:)) ?? 0,
            transport: PublishedPort.TransportProtocol(rawValue: self.protocol ?? "tcp") ?? .tcp, count: ports.count)
    }

    /// The port, or all of its range.
    private var containerPorts: ClosedRange<UInt16>? {
        if let containerPort { return UInt16(exactly: containerPort).map { $0...$0 } }
        let ends = (containerPortRange ?? "").split(separator: "-").compactMap { UInt16($0) }
        return ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : nil
    }
}
