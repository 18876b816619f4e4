import BerthEngine
import BerthModel

/// The network of a task as its containers read of it. All of them share it.
struct NetworkDocument: Encodable {
    var mode: String
    var ipv4Addresses: [String]
    var ipv6Addresses: [String]?
    var attachmentIndex: Int?
    var macAddress: String?
    var ipv4Block: String?
    var ipv6Block: String?
    var nameservers: [String]?
    var searchDomains: [String]?
    var privateName: String?
    /// With the block's length, as AWS writes it.
    var gateway: String?

    enum CodingKeys: String, CodingKey {
        case mode = "NetworkMode"
        case ipv4Addresses = "IPv4Addresses"
        case ipv6Addresses = "IPv6Addresses"
        case attachmentIndex = "AttachmentIndex"
        case macAddress = "MACAddress"
        case ipv4Block = "IPv4SubnetCIDRBlock"
        case ipv6Block = "IPv6SubnetCIDRBlock"
        case nameservers = "DomainNameServers"
        case searchDomains = "DomainNameSearchList"
        case privateName = "PrivateDNSName"
        case gateway = "SubnetGatewayIpv4Address"
    }

    /// Nil where a task has no network to speak of.
    init?(_ view: TaskView, version: Int) {
        guard view.network.link != nil || view.network.mode == .host else { return nil }
        mode = view.network.mode.rawValue
        ipv4Addresses = (view.network.link?.ipv4).map { ["\($0)"] } ?? []
        guard version >= 4, view.network.mode == .awsvpc, let link = view.network.link else { return }
        ipv6Addresses = link.ipv6.map { ["\($0)"] }
        attachmentIndex = 0
        macAddress = "\(link.mac)"
        privateName = link.ipv4.privateName(region: view.region)
        guard let facts = view.facts else { return }
        ipv4Block = "\(facts.subnet)"
        if link.ipv6 != nil { ipv6Block = facts.subnet6.map { "\($0)" } }
        nameservers = ["\(facts.resolver)"]
        gateway = "\(facts.gateway)/\(facts.subnet.prefix)"
    }
}
