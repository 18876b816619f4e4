/// Who may talk to the tasks of a group, and whom they may talk to. Replies are always let through.
///
/// Tasks name their groups in `awsvpcConfiguration.securityGroups`. A group that the configuration does not describe has
/// ``usual`` rules: its members talk to each other and to the outside, and nobody else begins to talk to them but the host.
public struct SecurityGroup: Codable, Equatable, Sendable {
    /// One kind of traffic that is let through.
    public struct Rule: Codable, Equatable, Sendable {
        /// The other end.
        public enum Peer: Codable, Hashable, Sendable {
            case ipv4(IPv4Block)
            case ipv6(IPv6Block)
            /// The members of a group, by its id.
            case group(String)
        }
        /// The protocols that rules tell apart; `icmp` is ICMPv6 too.
        public enum TransportProtocol: String, Codable, Sendable { case tcp, udp, icmp }

        public var peer: Peer
        /// Nil for all.
        public var transport: TransportProtocol?
        /// Of the receiving end; nil for all. Only with TCP or UDP.
        public var ports: ClosedRange<UInt16>?

        public init(peer: Peer, transport: TransportProtocol? = nil, ports: ClosedRange<UInt16>? = nil) {
            self.peer = peer
            self.transport = transport
            self.ports = ports
        }
    }

    /// For example `sg-0123456789abcdef0`.
    public var id: String
    /// Who may begin to talk to its members; nobody but the host when empty.
    public var ingress: [Rule]
    /// Whom its members may begin to talk to; nobody when empty.
    public var egress: [Rule]
    /// Bits a second that one task may receive, and send; nil for no bound. Of a task with several groups the lowest counts.
    public var receiveRate: UInt64?
    /// As ``receiveRate``.
    public var sendRate: UInt64?

    public init(id: String, ingress: [Rule], egress: [Rule], receiveRate: UInt64? = nil, sendRate: UInt64? = nil) {
        self.id = id
        self.ingress = ingress
        self.egress = egress
        self.receiveRate = receiveRate
        self.sendRate = sendRate
    }

    /// A VPC's default group: its members, and all of the outside as destination (Amazon VPC user guide, "Default security
    /// groups").
    public static func usual(id: String) -> SecurityGroup {
        let everywhere = [IPv4Block("0.0.0.0/0").map(Rule.Peer.ipv4), IPv6Block("::/0").map(Rule.Peer.ipv6)]
        return SecurityGroup(
            id: id, ingress: [Rule(peer: .group(id))],
            egress: ([.group(id)] + everywhere.compactMap(\.self)).map { Rule(peer: $0) })
    }

    /// Whether a text can name a group, in a call and in the configuration: `sg-` and up to 60 letters, digits and hyphens.
    public static func isID(_ text: String) -> Bool {
        text.hasPrefix("sg-") && (4...63).contains(text.utf8.count)
            && text.utf8.dropFirst(3).allSatisfy { $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "-") }
    }

    /// Of a task that names none.
    public static let defaultID = "sg-00000000"
}
