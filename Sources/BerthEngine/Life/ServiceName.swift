import BerthNetwork

/// What the tasks of one service are called by others: `<service>.<cluster>.internal`. Case does not count.
struct ServiceName: Hashable, Sendable {
    let cluster: DomainName
    let service: DomainName
}

extension LiveTask {
    /// The service that its group names, else its family: no task comes under the name of another's family. Nil for what
    /// is no label of a name.
    var service: ServiceName? {
        let prefix = "service:"
        let group = settings.group
        let name = group.hasPrefix(prefix) ? String(group.dropFirst(prefix.count)) : family
        guard let cluster = DomainName(cluster), let service = DomainName(name) else { return nil }
        return ServiceName(cluster: cluster, service: service)
    }
}
