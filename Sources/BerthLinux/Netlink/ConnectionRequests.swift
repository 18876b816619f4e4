/// Requests about the connections that the kernel tracks for its packet filter (nfnetlink_conntrack), for a socket of
/// ``NetlinkSocket/Family/netfilter``. EINVAL where the kernel has no such interface.
public enum ConnectionRequest {
    /// For ``NetlinkSocket/dump(_:where:)``: a ``TrackedConnection`` each, of IPv4 and IPv6.
    public static func list() -> NetlinkRequest {
        NetlinkRequest(message(ConnectionType.get, family: 0), "list", "tracked connections")
    }

    /// How many there are; see ``count(_:)``.
    public static func count() -> NetlinkRequest {
        NetlinkRequest(message(ConnectionType.statistics, family: 0), "count", "tracked connections")
    }

    /// What ``count()`` was answered; nil for anything else.
    public static func count(_ answer: NetlinkReply) -> UInt32? {
        let entries: UInt16 = 1  // CTA_STATS_GLOBAL_ENTRIES of linux/netfilter/nfnetlink_conntrack.h
        guard answer.type == ConnectionType.statistics else { return nil }
        return answer.attributes(after: 4)[entries]?.number().map { UInt32(bigEndian: $0) }
    }

    /// ENOENT when it has ended already.
    public static func delete(_ connection: TrackedConnection) -> NetlinkRequest {
        var message = message(ConnectionType.delete, family: connection.family)
        for attribute in connection.identity { message.put(attribute.type, bytes: attribute.value) }
        return NetlinkRequest(message, "delete", "a tracked connection")
    }

    /// `struct nfgenmsg`: family, version, resource.
    private static func message(_ type: UInt16, family: UInt8) -> NetlinkMessage {
        NetlinkMessage(type: type, fixed: [family, 0, 0, 0])
    }
}

/// A connection as the kernel tracks it, also of a protocol that has none, such as UDP.
public struct TrackedConnection: Sendable, Equatable {
    /// From whom to whom the packets of one direction go.
    public struct Direction: Sendable, Equatable {
        /// 4 or 16 bytes in network order.
        public var source: ArraySlice<UInt8>
        /// As ``source``.
        public var destination: ArraySlice<UInt8>
        /// Of netinet/in.h: IPPROTO_ constants.
        public var transport: UInt8
        /// Nil for a protocol without ports.
        public var destinationPort: UInt16?
    }

    /// As the first packet came.
    public var original: Direction
    /// As its answer comes: not the reverse where addresses are translated.
    public var reply: Direction

    /// AF_INET or AF_INET6.
    let family: UInt8
    /// What names it to the kernel, as the kernel wrote it.
    let identity: [NetlinkAttributes.Attribute]

    /// Nil for a message of another kind, or one that is cut.
    public init?(_ message: NetlinkReply) {
        guard message.type == ConnectionType.new, let family: UInt8 = message.number(at: 0) else { return nil }
        let attributes = message.attributes(after: 4)
        guard let original = attributes[Attribute.original].flatMap(Direction.init),
            let reply = attributes[Attribute.reply].flatMap(Direction.init)
        else { return nil }
        (self.original, self.reply, self.family) = (original, reply, family)
        // With its id, so that another between the same ends, made meanwhile, stays.
        identity = attributes.compactMap { attribute in
            switch attribute.type {
            case Attribute.original: .init(type: attribute.type | 0x8000, value: attribute.value)  // NLA_F_NESTED
            case Attribute.id, Attribute.zone: attribute
            default: nil
            }
        }
    }

    /// Whether addresses are translated on its way: its answers are not the reverse.
    public var isTranslated: Bool {
        original.source != reply.destination || original.destination != reply.source
    }

    /// Whether packets of either direction come from the address or go to it.
    public func involves(_ isMeant: (ArraySlice<UInt8>) -> Bool) -> Bool {
        isMeant(original.source) || isMeant(original.destination) || isMeant(reply.source) || isMeant(reply.destination)
    }

    /// CTA_ constants of linux/netfilter/nfnetlink_conntrack.h.
    private enum Attribute {
        static let original: UInt16 = 1
        static let reply: UInt16 = 2
        static let id: UInt16 = 12
        static let zone: UInt16 = 18
    }
}

extension TrackedConnection.Direction {
    /// CTA_TUPLE_, CTA_IP_ and CTA_PROTO_ constants of linux/netfilter/nfnetlink_conntrack.h.
    init?(_ tuple: NetlinkAttributes.Attribute) {
        guard let addresses = tuple.nested[1]?.nested, let ends = tuple.nested[2]?.nested,
            let source = addresses[1] ?? addresses[3], let destination = addresses[2] ?? addresses[4],
            let transport: UInt8 = ends[1]?.number()
        else { return nil }
        (self.source, self.destination, self.transport) = (source.value, destination.value, transport)
        destinationPort = ends[3]?.number(as: UInt16.self).map { UInt16(bigEndian: $0) }
    }
}

/// Message types: the subsystem's number, NFNL_SUBSYS_CTNETLINK, in the upper byte; IPCTNL_MSG_CT_ in the lower.
private enum ConnectionType {
    static let new: UInt16 = 0x100
    static let get: UInt16 = 0x101
    static let delete: UInt16 = 0x102
    static let statistics: UInt16 = 0x105
}
