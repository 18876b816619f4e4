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
    /// As the kernel has them: a transaction that fails changes nothing here either.
    private var rules: GroupRules
    private(set) var members: [IPv4Address: FirewallMember] = [:]
    /// The last attempt to make it anew failed: what the kernel has may not be what the members need.
    private(set) var mustRebuild = false

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
        mustRebuild = true
        let all = Array(members.values)
        try commit(to: rules.forgotten) { plan.tables + chains(for: all, &$0) + elements("add", all, $0) }
        mustRebuild = false
    }

    func serve(_ services: NetworkServices) throws(FirewallError) {
        plan.services = services
        try rebuild()
    }

    func add(_ added: [FirewallMember]) throws(FirewallError) {
        let earlier = added.map { ($0.link.ipv4, members[$0.link.ipv4]) }
        for member in added { members[member.link.ipv4] = member }
        do {
            try commit(to: rules) { chains(for: added, &$0) + elements("add", added, $0) }
        } catch {
            // Somebody's hand was in it, or it is gone: the notice of that may not have been read yet.
            do { try rebuild() } catch {
                for (address, member) in earlier { members[address] = member }
                throw error
            }
        }
    }

    /// - Parameter keeping: combinations that stay, though no task has them now.
    func remove(_ addresses: [IPv4Address], keeping: (Profile) -> Bool = { _ in false }) throws(FirewallError) {
        let removed = addresses.compactMap { members.removeValue(forKey: $0) }
        let left = Set(members.values.map(\.profile))
        let unused = Set(removed.map(\.profile)).filter { !left.contains($0) && !keeping($0) }
        do {
            try commit(to: rules) { rules in
                let commands = elements("delete", removed, rules)
                return commands + rules.commands(removing: unused)
            }
        } catch {
            try rebuild()
        }
    }

    /// The members' new published ports take the place of the old.
    func publish(_ ports: [PublishedPort], of address: IPv4Address) throws(FirewallError) {
        guard let old = members[address] else { return }
        var member = old
        member.ports = ports
        members[address] = member
        do {
            try tables.run(portElements("delete", [old]) + portElements("add", [member]))
        } catch {
            do { try rebuild() } catch {
                members[address] = old
                throw error
            }
        }
    }

    /// Takes both tables away.
    static func remove(_ plan: FirewallPlan) throws(FirewallError) { try Nftables().run(plan.removal) }

    // MARK: Commands

    /// Carries out commands; the numbers they gave out hold only if the kernel took them.
    private func commit(
        to changed: GroupRules, _ commands: (inout GroupRules) -> String
    ) throws(FirewallError) {
        var changed = changed
        try tables.run(commands(&changed))
        rules = changed
    }

    private func chains(for members: [FirewallMember], _ rules: inout GroupRules) -> String {
        var commands = ""
        for profile in Set(members.map(\.profile)) { commands += rules.commands(adding: profile) }
        return commands
    }

    private func elements(_ verb: String, _ members: [FirewallMember], _ rules: GroupRules) -> String {
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
        for member in members where !member.ports.isEmpty {
            let (stand, address) = ("\(FirewallPlan.stand(for: member.link))", "\(member.link.ipv4)")
            lists.add("inet", "own4", "\(address) . \(address)")
            lists.add("inet", "hairpin4", address, stand)
            lists.add("bridge", "hairpin4", stand, address)
            if let address6 = member.link.ipv6.map({ "\($0)" }) {
                lists.add("inet", "own6", "\(address6) . \(address6)")
                lists.add("inet", "hairpin6", address6, stand)
                lists.add("bridge", "hairpin6", stand, address6)
            }
            for port in member.ports.flatMap(\.each) {
                let key = "\(port.transport.rawValue) . \(port.hostPort)"
                lists.add("inet", "ports4", key, "\(address) . \(port.containerPort)")
                guard let ipv6 = member.link.ipv6 else { continue }
                lists.add("inet", "ports6", key, "\(ipv6) . \(port.containerPort)")
                lists.add("inet", "published6", key)
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
