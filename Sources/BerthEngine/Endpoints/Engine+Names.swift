import BerthModel
import BerthNetwork

/// The names of tasks: `<container>` to the task itself, `<service>.<cluster>.internal` to all, and a VPC's
/// `ip-….internal`. Below `<cluster>.internal` Berth alone gives names; what else is below `internal` may be a company's own.
extension Engine: TaskNames {
    public func meaning(of name: DomainName, to asker: IPv4Address) -> NameMeaning {
        guard let task = live.task(at: .ipv4(asker)) else { return .stranger }
        if name.labels.count == 1, name != Self.zone {
            let isOwn = task.settings.containers.contains { DomainName($0.name) == name }
            return isOwn ? addresses(of: [task]) : .foreign
        }
        guard let labels = name.prefix(before: Self.zone) else { return .foreign }
        if let address = privateAddress(of: name) {
            if let owner = live.task(at: .ipv4(address)) { return addresses(of: [owner]) }
            return networkFacts?.contains(.ipv4(address)) == true ? .nobody : .foreign
        }
        guard let cluster = labels.last.flatMap({ DomainName(labels: [$0]) }), zones.contains(cluster) else {
            return .foreign
        }
        guard labels.count == 2, let service = DomainName(labels: [labels[0]]) else { return .nobody }
        let members = live.tasks(of: ServiceName(cluster: cluster, service: service)).lazy
            .filter { $0.status == .running && $0.dossier.network?.link != nil }
            .prefix(Self.mostMembers)
        return members.isEmpty ? .nobody : addresses(of: Array(members))
    }

    public func meaning(of address: TaskAddress, to asker: IPv4Address) -> NameMeaning {
        guard live.task(at: .ipv4(asker)) != nil else { return .stranger }
        if let link = live.task(at: address)?.dossier.network?.link {
            let name = DomainName(link.ipv4.privateName(region: configuration.account.region))
            return name.map { .pointer($0) } ?? .nobody
        }
        // The host's name servers know nothing of the tasks' addresses.
        return networkFacts?.contains(address) == true ? .nobody : .foreign
    }

    /// As many as one answer has (Docs/network.md); a service may have far more.
    private static let mostMembers = 24

    private static let zone = DomainName("internal") ?? .root

    /// The address that a name such as `ip-10-213-0-5.ec2.internal` stands for.
    private func privateAddress(of name: DomainName) -> IPv4Address? {
        let text = name.description
        guard text.hasPrefix("ip-") else { return nil }
        let numbers = text.dropFirst(3).prefix { $0 != "." }.split(separator: "-", omittingEmptySubsequences: false)
        guard let address = IPv4Address(numbers.joined(separator: ".")),
            address.privateName(region: configuration.account.region) == text
        else { return nil }
        return address
    }

    private func addresses(of tasks: [LiveTask]) -> NameMeaning {
        let links = tasks.compactMap { $0.dossier.network?.link }
        return .addresses(links.map(\.ipv4), links.compactMap(\.ipv6))
    }
}

extension NetworkFacts {
    fileprivate func contains(_ address: TaskAddress) -> Bool {
        switch address {
        case .ipv4(let address): subnet.contains(address)
        case .ipv6(let address): subnet6?.contains(address) == true
        }
    }
}
