import BerthModel

/// The rules of security groups as chains: one pair for each combination of groups that a task has.
struct GroupRules: Sendable {
    let table: String
    private let known: [String: SecurityGroup]
    /// Groups' and combinations' ids may hold anything: in the firewall they are numbers.
    private var groups: [String: Int] = [:]
    private var profiles: [Profile: Int] = [:]
    /// Numbers are not given twice: a transaction may take one away and make another.
    private var counted = (groups: 0, profiles: 0)

    init(table: String, groups: [SecurityGroup]) {
        self.table = table
        known = Dictionary(groups.map { ($0.id, $0) }) { first, _ in first }
    }

    /// The lowest of all of a task's groups.
    func rates(_ profile: Profile) -> (receive: UInt64?, send: UInt64?) {
        let groups = profile.groups.map(group)
        return (groups.compactMap(\.receiveRate).min(), groups.compactMap(\.sendRate).min())
    }

    func number(of profile: Profile) -> Int? { profiles[profile] }
    func number(ofGroup id: String) -> Int? { groups[id] }

    /// Commands that make what a combination needs and is not there yet.
    mutating func commands(adding profile: Profile) -> String {
        if profiles[profile] != nil { return "" }
        counted.profiles += 1
        let number = counted.profiles
        profiles[profile] = number
        var commands = ""
        for id in needed(by: profile) where groups[id] == nil {
            groups[id] = counted.groups
            for (version, type) in Self.addresses {
                commands += "add set inet \(table) g\(counted.groups)\(version) { type \(type); }\n"
            }
            counted.groups += 1
        }
        let rules = profile.groups.map(group)
        commands += chain("p\(number)o", rules.flatMap(\.egress), "daddr", "goto to")
        commands += chain("p\(number)i", rules.flatMap(\.ingress), "saddr", "accept")
        return commands
    }

    /// Commands that take away the chains of combinations that no task has any more, and then the sets of groups that no other
    /// combination needs.
    mutating func commands(removing unused: Set<Profile>) -> String {
        if unused.isEmpty { return "" }
        var commands = ""
        for profile in unused {
            guard let number = profiles.removeValue(forKey: profile) else { continue }
            for direction in ["o", "i"] { commands += "delete chain inet \(table) p\(number)\(direction)\n" }
        }
        let kept = Set(profiles.keys.flatMap(needed))
        for id in Set(unused.flatMap(needed)).subtracting(kept).sorted() {
            guard let number = groups.removeValue(forKey: id) else { continue }
            for (version, _) in Self.addresses { commands += "delete set inet \(table) g\(number)\(version)\n" }
        }
        return commands
    }

    /// Its own groups, and those that their rules name.
    private func needed(by profile: Profile) -> [String] {
        let rules = profile.groups.map(group).flatMap { $0.ingress + $0.egress }
        return profile.groups
            + rules.compactMap { rule in
                guard case .group(let id) = rule.peer else { return nil }
                return id
            }
    }

    private static let addresses = [("v4", "ipv4_addr"), ("v6", "ipv6_addr")]

    /// Without what the firewall had: it is made again as it is asked for.
    var forgotten: GroupRules {
        var rules = self
        (rules.groups, rules.profiles, rules.counted) = ([:], [:], (0, 0))
        return rules
    }

    private func group(_ id: String) -> SecurityGroup { known[id] ?? .usual(id: id) }

    private func chain(_ name: String, _ rules: [SecurityGroup.Rule], _ side: String, _ verdict: String) -> String {
        let lines = rules.flatMap { rule in
            peers(rule.peer, side).map { "    \($0.match)\(traffic(rule, isIPv6: $0.isIPv6)) \(verdict)\n" }
        }
        return "add chain inet \(table) \(name) {\n" + lines.joined() + "    drop\n  }\n"
    }

    private func peers(_ peer: SecurityGroup.Rule.Peer, _ side: String) -> [(match: String, isIPv6: Bool)] {
        switch peer {
        case .ipv4(let block) where block.prefix == 0: [("meta nfproto ipv4", false)]
        case .ipv6(let block) where block.prefix == 0: [("meta nfproto ipv6", true)]
        case .ipv4(let block): [("ip \(side) \(block)", false)]
        case .ipv6(let block): [("ip6 \(side) \(block)", true)]
        case .group(let id):
            groups[id].map { [("ip \(side) @g\($0)v4", false), ("ip6 \(side) @g\($0)v6", true)] } ?? []
        }
    }

    private func traffic(_ rule: SecurityGroup.Rule, isIPv6: Bool) -> String {
        let ports = rule.ports.map { " th dport \($0.lowerBound)-\($0.upperBound)" } ?? ""
        switch rule.transport {
        case .icmp: return isIPv6 ? " meta l4proto ipv6-icmp" : " meta l4proto icmp"
        case .some(let transport): return " meta l4proto \(transport.rawValue)\(ports)"
        case nil: return ports.isEmpty ? "" : " meta l4proto { tcp, udp }\(ports)"
        }
    }
}
