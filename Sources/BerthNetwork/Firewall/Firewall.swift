import BerthModel

/// A task, or a namespace that waits for one, as the firewall knows it.
struct FirewallMember: Equatable, Sendable {
    var link: TaskLink
    var profile: Profile
    var ports: [PublishedPort] = []
}

/// Berth's own tables: what it should hold is kept here, so that it can be made again whenever somebody removes it.
final class Firewall {
    private let tables: Nftables
    private(set) var plan: FirewallPlan
    private var rules: GroupRules
    private(set) var members: [IPv4Address: FirewallMember] = [:]

    /// Nothing is changed before ``rebuild()``.
    init(_ plan: FirewallPlan, groups: [SecurityGroup], members: [FirewallMember] = []) throws(FirewallError) {
        tables = try Nftables()
        self.plan = plan
        rules = GroupRules(table: plan.table, groups: groups)
        for member in members { self.members[member.link.ipv4] = member }
    }

    func rates(_ profile: Profile) -> (receive: UInt64?, send: UInt64?) { rules.rates(profile) }

    /// Makes both tables anew with all members, in one transaction.
    func rebuild() throws(FirewallError) {
        rules.forget()
        let all = Array(members.values)
        try tables.run(plan.tables + chains(for: all) + elements("add", all))
    }

    func serve(_ services: NetworkServices) throws(FirewallError) {
        plan.services = services
        try rebuild()
    }

    func add(_ added: [FirewallMember]) throws(FirewallError) {
        for member in added { members[member.link.ipv4] = member }
        do {
            try tables.run(chains(for: added) + elements("add", added))
        } catch {
            // Somebody's hand was in it, or it is gone: the notice of that may not have been read yet.
            do { try rebuild() } catch {
                for member in added { members[member.link.ipv4] = nil }
                throw error
            }
        }
    }

    /// - Parameter keeping: combinations that stay, though no task has them now.
    func remove(_ addresses: [IPv4Address], keeping: (Profile) -> Bool = { _ in false }) throws(FirewallError) {
        let removed = addresses.compactMap { members.removeValue(forKey: $0) }
        let left = Set(members.values.map(\.profile))
        let commands = elements("delete", removed)
        var chains = ""
        for profile in Set(removed.map(\.profile)) where !left.contains(profile) && !keeping(profile) {
            chains += rules.commands(removing: profile)
        }
        do { try tables.run(commands + chains) } catch { try rebuild() }
    }

    /// The members' new published ports take the place of the old.
    func publish(_ ports: [PublishedPort], of address: IPv4Address) throws(FirewallError) {
        guard var member = members[address] else { return }
        let old = member
        member.ports = ports
        members[address] = member
        do {
            try tables.run(portElements("delete", [old]) + portElements("add", [member]))
        } catch {
            try rebuild()
        }
    }

    /// Takes both tables away.
    static func remove(_ plan: FirewallPlan) throws(FirewallError) { try Nftables().run(plan.removal) }

    // MARK: Commands

    private func chains(for members: [FirewallMember]) -> String {
        Set(members.map(\.profile)).map { rules.commands(adding: $0) }.joined()
    }

    private func elements(_ verb: String, _ members: [FirewallMember]) -> String {
        var lists = ElementLists()
        for member in members {
            guard let profile = rules.number(of: member.profile) else { continue }
            let (link, address) = (member.link, "\(member.link.ipv4)")
            lists.add("bridge", "links4", "\"\(link.hostName)\" . \(link.mac) . \(address)")
            lists.add("inet", "out4", address, "goto p\(profile)o")
            lists.add("inet", "in4", address, "goto p\(profile)i")
            let groups = member.profile.groups.compactMap(rules.number(ofGroup:))
            for group in groups { lists.add("inet", "g\(group)v4", address) }
            guard let address6 = link.ipv6.map({ "\($0)" }) else { continue }
            lists.add("bridge", "links6", "\"\(link.hostName)\" . \(link.mac) . \(address6)")
            lists.add("inet", "out6", address6, "goto p\(profile)o")
            lists.add("inet", "in6", address6, "goto p\(profile)i")
            for group in groups { lists.add("inet", "g\(group)v6", address6) }
        }
        return lists.commands(verb, table: plan.table) + portElements(verb, members)
    }

    private func portElements(_ verb: String, _ members: [FirewallMember]) -> String {
        var lists = ElementLists()
        for member in members {
            for port in member.ports {
                let key = "\(port.transport.rawValue) . \(port.hostPort)"
                lists.add("inet", "ports4", key, "\(member.link.ipv4) . \(port.containerPort)")
                guard let ipv6 = member.link.ipv6 else { continue }
                lists.add("inet", "ports6", key, "\(ipv6) . \(port.containerPort)")
            }
        }
        return lists.commands(verb, table: plan.table)
    }
}

/// Elements of sets and maps, gathered so that each set is named once in a command.
private struct ElementLists {
    private var order: [String] = []
    private var lists: [String: [(key: String, value: String?)]] = [:]

    mutating func add(_ family: String, _ set: String, _ key: String, _ value: String? = nil) {
        let name = "\(family) \(set)"
        if lists[name] == nil { order.append(name) }
        lists[name, default: []].append((key, value))
    }

    func commands(_ verb: String, table: String) -> String {
        order.map { name in
            let parts = name.split(separator: " ")
            let elements = (lists[name] ?? []).map { element in
                // A deletion names the key alone.
                verb == "add" ? element.value.map { "\(element.key) : \($0)" } ?? element.key : element.key
            }
            return "\(verb) element \(parts[0]) \(table) \(parts[1]) { \(elements.joined(separator: ", ")) }\n"
        }.joined()
    }
}
