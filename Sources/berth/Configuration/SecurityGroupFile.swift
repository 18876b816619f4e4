import BerthModel
import Yams

/// Reads the file of security groups: a mapping of ids to rules, in YAML or JSON.
///
/// ```yaml
/// sg-database:
///   ingress:
///     - from: sg-web        # a group, or a block such as 192.0.2.0/24
///       protocol: tcp       # tcp, udp or icmp; all without it
///       ports: 5432         # or 8000-8010; all without it
///   egress: []              # nobody; without it: as usual
///   sendRate: 100Mbit
/// ```
struct SecurityGroupFile {
    private let path: String

    /// - Throws: ``CommandFailure`` with file, line, group, rule and what to write instead.
    static func read(_ path: String) throws -> [SecurityGroup] {
        let text: String
        do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
            throw CommandFailure("cannot read network.securityGroups \(path): \(error.localizedDescription)")
        }
        return try read(text: text, path: path)
    }

    /// As ``read(_:)``, from text; `path` is for messages.
    static func read(text: String, path: String) throws -> [SecurityGroup] {
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch {
            throw CommandFailure("\(path): \(error)".split(separator: "\n").joined(separator: " "))
        }
        guard let root else { return [] }
        if case .scalar(let scalar) = root, scalar.string.isEmpty { return [] }
        return try SecurityGroupFile(path: path).groups(root)
    }

    private func groups(_ root: Node) throws -> [SecurityGroup] {
        guard let mapping = root.mapping else {
            throw failure(root, "expected groups by their ids, such as \"sg-web:\" and its rules below")
        }
        return try mapping.map { key, value in try group(key, value) }
    }

    private func group(_ key: Node, _ node: Node) throws -> SecurityGroup {
        let id = key.string ?? ""
        guard SecurityGroup.isID(id) else {
            throw failure(key, "\"\(id)\" is no id of a group: use sg- and up to 60 letters, digits and hyphens")
        }
        var group = SecurityGroup.usual(id: id)
        guard let members = node.mapping else {
            throw failure(node, "group \(id): expected ingress, egress, receiveRate or sendRate below it")
        }
        for (name, value) in members {
            switch name.string ?? "" {
            case "ingress": group.ingress = try rules(value, "ingress", peer: "from", of: id)
            case "egress": group.egress = try rules(value, "egress", peer: "to", of: id)
            case "receiveRate": group.receiveRate = try rate(value, "receiveRate", of: id)
            case "sendRate": group.sendRate = try rate(value, "sendRate", of: id)
            case let other:
                throw failure(
                    name, "group \(id): unknown key \"\(other)\"; known: ingress, egress, receiveRate, sendRate")
            }
        }
        return group
    }

    private func rules(_ node: Node, _ list: String, peer: String, of id: String) throws -> [SecurityGroup.Rule] {
        guard let items = node.sequence else {
            throw failure(node, "group \(id): \(list) must be a list of rules, or [] for none")
        }
        return try items.enumerated().map { index, item in
            try rule(item, "group \(id), rule \(index + 1) of \(list)", peer: peer)
        }
    }

    private func rule(_ node: Node, _ place: String, peer: String) throws -> SecurityGroup.Rule {
        guard let members = node.mapping else {
            throw failure(node, "\(place): expected \"\(peer): GROUP or BLOCK\", and maybe protocol and ports")
        }
        var found: SecurityGroup.Rule.Peer?
        var transport: SecurityGroup.Rule.TransportProtocol?
        var ports: ClosedRange<UInt16>?
        for (name, value) in members {
            let text = value.scalar?.string ?? ""
            switch name.string ?? "" {
            case peer:
                guard let read = Self.peer(text) else {
                    throw failure(
                        value,
                        "\(place): \(peer) is \"\(text)\", but must be a group such as sg-web, or a block such as "
                            + "192.0.2.0/24 or 2001:db8::/32 whose address has no bits beyond its prefix")
                }
                found = read
            case "protocol":
                transport = SecurityGroup.Rule.TransportProtocol(rawValue: text)
                if transport == nil {
                    throw failure(
                        value, "\(place): protocol is \"\(text)\", but must be tcp, udp or icmp; leave it out for all")
                }
            case "ports":
                ports = Self.ports(text)
                if ports == nil {
                    throw failure(value, "\(place): ports is \"\(text)\", but must be one such as 443, or 8000-8010")
                }
            case let other:
                throw failure(name, "\(place): unknown key \"\(other)\"; known: \(peer), protocol, ports")
            }
        }
        guard let found else {
            throw failure(node, "\(place): \"\(peer)\" is missing; 0.0.0.0/0 and ::/0 stand for everybody outside")
        }
        if ports != nil, transport != .tcp, transport != .udp {
            throw failure(node, "\(place): ports needs \"protocol: tcp\" or \"protocol: udp\" beside it")
        }
        return SecurityGroup.Rule(peer: found, transport: transport, ports: ports)
    }

    private func rate(_ node: Node, _ name: String, of id: String) throws -> UInt64 {
        guard let rate = Self.rate(node.scalar?.string ?? "") else {
            throw failure(
                node,
                "group \(id): \(name) must be bits a second from 8000 to 100Gbit, such as 500kbit, 100Mbit or 1Gbit")
        }
        return rate
    }

    private static func peer(_ text: String) -> SecurityGroup.Rule.Peer? {
        if let block = IPv4Block(text) { return .ipv4(block) }
        if let block = IPv6Block(text) { return .ipv6(block) }
        return SecurityGroup.isID(text) ? .group(text) : nil
    }

    private static func ports(_ text: String) -> ClosedRange<UInt16>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last else {
            return nil
        }
        return first...last
    }

    private static func rate(_ text: String) -> UInt64? {
        let units: [(suffix: String, factor: UInt64)] = [
            ("kbit", 1_000), ("Mbit", 1_000_000), ("Gbit", 1_000_000_000), ("bit", 1), ("", 1),
        ]
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }),
            let number = UInt64(text.dropLast(unit.suffix.count))
        else { return nil }
        let (rate, overflow) = number.multipliedReportingOverflow(by: unit.factor)
        return !overflow && (8_000...100_000_000_000).contains(rate) ? rate : nil
    }

    private func failure(_ node: Node, _ message: String) -> CommandFailure {
        CommandFailure("\(path):\(node.mark?.line ?? 1): \(message)")
    }
}
