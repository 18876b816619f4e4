/// A network interface as the kernel describes it (rtnetlink(7), RTM_NEWLINK).
public struct NetworkLink: Sendable, Equatable {
    /// Its number in its namespace, from 1 on.
    public var index: Int32
    public var name: String
    /// For example `bridge` or `veth`; nil for hardware and loopback.
    public var kind: String?
    /// What somebody wrote on it, such as whose it is.
    public var alias: String?
    /// Of the bridge that it is a port of.
    public var master: Int32?
    /// The administrator's number of a group of links; 0 for none.
    public var group: UInt32 = 0
    /// Bytes of the largest IP packet.
    public var mtu: UInt32
    /// Bytes of a TCP connection over IPv4 that it takes at once; nil from a kernel before 6.3, where it cannot be set.
    public var largestSegment: UInt32?
    /// Its hardware address.
    public var address: [UInt8]
    /// Somebody has set it up (IFF_UP), whether it passes frames or not.
    public var isUp: Bool
    /// It passes frames: it and its other end are up, and the kernel has noticed it (IF_OPER_UP of linux/if.h). A loopback
    /// link has no other end, and is never so.
    public var isRunning = false
    /// Nil where the kernel gave none.
    public var counters: Counters?

    /// What crossed the link since it was made.
    public struct Counters: Sendable, Equatable {
        public var receivedPackets: UInt64
        public var sentPackets: UInt64
        public var receivedBytes: UInt64
        public var sentBytes: UInt64
    }

    /// Nil for a message of another kind, or one that is cut.
    public init?(_ reply: NetlinkReply) {
        guard reply.type == RouteType.newLink || reply.type == RouteType.deleteLink,
            let index: Int32 = reply.number(at: 4), let flags: UInt32 = reply.number(at: 8)
        else { return nil }
        self.index = index
        (name, mtu, address, isUp) = ("", 0, [], flags & LinkFlag.up != 0)
        for attribute in reply.attributes(after: 16) {
            switch attribute.type {
            case LinkAttribute.address: address = Array(attribute.value)
            case LinkAttribute.name: name = attribute.text
            case LinkAttribute.mtu: mtu = attribute.number() ?? 0
            case LinkAttribute.Segment.sent: largestSegment = attribute.number()
            case LinkAttribute.master: master = attribute.number()
            case LinkAttribute.group: group = attribute.number() ?? 0
            case LinkAttribute.state: isRunning = attribute.number() == LinkFlag.operational
            case LinkAttribute.alias: alias = attribute.text
            case LinkAttribute.info: kind = attribute.nested[LinkAttribute.Info.kind]?.text
            case LinkAttribute.statistics: counters = Counters(attribute.value)
            default: continue
            }
        }
    }
}

extension NetworkLink.Counters {
    /// The first members of `struct rtnl_link_stats64`.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard let receivedPackets: UInt64 = bytes.number(), let sentPackets: UInt64 = bytes.dropFirst(8).number(),
            let receivedBytes: UInt64 = bytes.dropFirst(16).number(),
            let sentBytes: UInt64 = bytes.dropFirst(24).number()
        else { return nil }
        self.init(
            receivedPackets: receivedPackets, sentPackets: sentPackets, receivedBytes: receivedBytes,
            sentBytes: sentBytes)
    }
}

extension NetlinkReply {
    /// The link that has left a bridge, with the bridge as its master; nil for any other notice. It may be gone altogether.
    public var departedPort: NetworkLink? {
        let family: UInt8? = number(at: 0)
        return type == RouteType.deleteLink && family == RouteFamily.bridge ? NetworkLink(self) : nil
    }
}

/// AF_ constants of linux/socket.h, in the first byte of a message.
enum RouteFamily {
    static let bridge: UInt8 = 7
}

/// Message types of linux/rtnetlink.h.
enum RouteType {
    static let newLink: UInt16 = 16
    static let deleteLink: UInt16 = 17
    static let getLink: UInt16 = 18
    static let newAddress: UInt16 = 20
    static let deleteAddress: UInt16 = 21
    static let getAddress: UInt16 = 22
    static let newRoute: UInt16 = 24
    static let getRoute: UInt16 = 26
    static let newNeighbour: UInt16 = 28
    static let deleteNeighbour: UInt16 = 29
    static let getNeighbour: UInt16 = 30
    static let newDiscipline: UInt16 = 36
    static let deleteDiscipline: UInt16 = 37
    static let getDiscipline: UInt16 = 38
}

/// IFLA_ constants of linux/if_link.h.
enum LinkAttribute {
    static let address: UInt16 = 1
    static let name: UInt16 = 3
    static let mtu: UInt16 = 4
    static let master: UInt16 = 10
    static let state: UInt16 = 16
    static let info: UInt16 = 18
    static let alias: UInt16 = 20
    static let statistics: UInt16 = 23
    static let perFamily: UInt16 = 26
    static let group: UInt16 = 27
    static let namespace: UInt16 = 28
    static let details: UInt16 = 29
    static let sendQueues: UInt16 = 31
    static let receiveQueues: UInt16 = 32

    /// Of generic segmentation and receive offload, over IPv4.
    enum Segment {
        static let sent: UInt16 = 63
        static let received: UInt16 = 64
    }

    enum Info {
        static let kind: UInt16 = 1
        static let data: UInt16 = 2
        static let portKind: UInt16 = 4
        static let portData: UInt16 = 5
    }
}

/// IFF_ constants of net/if.h, and of IF_OPER_ the one that is asked for.
enum LinkFlag {
    static let up: UInt32 = 1
    static let operational: UInt8 = 6
}
