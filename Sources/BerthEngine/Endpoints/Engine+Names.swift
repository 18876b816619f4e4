import BerthModel
import BerthNetwork

/// The names of tasks: `<container>` to the task itself, `<service>.<cluster>.internal` to all, and a VPC's
/// `ip-….internal`. Berth alone gives names below `internal`.
extension Engine: TaskNames {
    public func meaning(of name: DomainName, to asker: IPv4Address) -> NameMeaning {
        guard let task = live.task(at: .ipv4(asker)) else { return .stranger }
        if name.labels.count == 1, name != Self.zone {
            let isOwn = task.settings.containers.contains { DomainName($0.name) == name }
            return isOwn ? addresses(of: [task]) : .foreign
        }
        guard let labels = name.prefix(before: Self.zone) else { return .foreign }
        if let owner = privateOwner(of: name) { return addresses(of: [owner]) }
        guard labels.count == 2 else { return .nobody }
        let service = DomainName(labels: [labels[0]]), cluster = DomainName(labels: [labels[1]])
        let members = live.all.filter { member in
            DomainName(member.cluster) == cluster && member.serviceName.map(DomainName.init) == service
                && member.dossier.network?.link != nil && member.task.lastStatus == .running
        }
        return members.isEmpty ? .nobody : addresses(of: members)
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

    private static let zone = DomainName("internal") ?? .root

    /// The task that a name such as `ip-10-213-0-5.ec2.internal` belongs to.
    private func privateOwner(of name: DomainName) -> LiveTask? {
        let text = name.description
        guard text.hasPrefix("ip-") else { return nil }
        let numbers = text.dropFirst(3).prefix { $0 != "." }.split(separator: "-", omittingEmptySubsequences: false)
        guard let address = IPv4Address(numbers.joined(separator: ".")),
            address.privateName(region: configuration.account.region) == text
        else { return nil }
        return live.task(at: .ipv4(address))
    }

    private func addresses(of tasks: [LiveTask]) -> NameMeaning {
        let links = tasks.compactMap { $0.dossier.network?.link }
        return .addresses(links.map(\.ipv4), links.compactMap(\.ipv6))
    }
}

extension LiveTask {
    /// What other tasks call it: the name of its service, or of its family where the call named no other group.
    fileprivate var serviceName: String? {
        let group = settings.group
        for prefix in ["service:", "family:"] where group.hasPrefix(prefix) {
            return String(group.dropFirst(prefix.count))
        }
        return nil
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
