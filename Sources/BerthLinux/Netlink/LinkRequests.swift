/// Requests about links, for a socket of ``NetlinkSocket/Family/route``.
public enum LinkRequest {
    /// A bridge that does not snoop on multicast and does not look for loops: each frame's way is set by hand.
    public static func makeBridge(_ name: String, address: [UInt8], mtu: UInt32) -> NetlinkRequest {
        var message = link(RouteType.newLink, flags: [.create, .exclusive])
        message.put(LinkAttribute.name, name)
        message.put(LinkAttribute.address, bytes: address)
        message.put(LinkAttribute.mtu, mtu)
        message.nest(LinkAttribute.info) {
            $0.put(LinkAttribute.Info.kind, "bridge")
            $0.nest(LinkAttribute.Info.data) { $0.put(BridgeAttribute.multicastSnooping, UInt8(0)) }
        }
        return NetlinkRequest(message, "make", "bridge \(name)")
    }

    /// One end of a pair of links; the other end is in another namespace from its first moment.
    public struct End: Sendable {
        /// At most 15 bytes (IFNAMSIZ).
        public var name: String
        /// Its hardware address, 6 bytes.
        public var address: [UInt8]
        /// See ``LinkRequest/setLargestSegment(_:_:_:)``.
        public var largestSegment: UInt32?

        public init(name: String, address: [UInt8], largestSegment: UInt32? = nil) {
            self.name = name
            self.address = address
            self.largestSegment = largestSegment
        }
    }

    /// A pair of links: `near` in the socket's namespace as a port of a bridge, `far` in another. Both are down.
    ///
    /// - Parameters:
    ///   - master: the bridge's index; nil for none.
    ///   - namespace: a descriptor, open until the request is done.
    public static func makePair(
        _ near: End, _ far: End, in namespace: Int32, mtu: UInt32, master: Int32? = nil
    ) -> NetlinkRequest {
        var message = link(RouteType.newLink, flags: [.create, .exclusive])
        message.put(LinkAttribute.name, near.name)
        message.put(LinkAttribute.address, bytes: near.address)
        message.put(LinkAttribute.mtu, mtu)
        message.put(largestSegment: near.largestSegment)
        message.putOneQueue()
        if let master { message.put(LinkAttribute.master, master) }
        message.nest(LinkAttribute.info) {
            $0.put(LinkAttribute.Info.kind, "veth")
            $0.nest(LinkAttribute.Info.data) {
                let peer: UInt16 = 1  // VETH_INFO_PEER of linux/veth.h
                $0.nest(peer) {
                    $0.append(fixed: header())
                    $0.put(LinkAttribute.name, far.name)
                    $0.put(LinkAttribute.address, bytes: far.address)
                    $0.put(LinkAttribute.mtu, mtu)
                    $0.put(largestSegment: far.largestSegment)
                    $0.putOneQueue()
                    $0.put(LinkAttribute.namespace, namespace)
                }
            }
        }
        return NetlinkRequest(message, "make", "link \(near.name)")
    }

    /// Answered by one ``NetworkLink``; ENODEV when there is none.
    public static func find(_ name: String) -> NetlinkRequest {
        var message = link(RouteType.getLink)
        message.put(LinkAttribute.name, name)
        message.put(LinkAttribute.details, LinkDetails.withoutFamilyCounters)
        return NetlinkRequest(message, "find", "link \(name)")
    }

    /// As ``find(_:)``, by number.
    public static func find(index: Int32) -> NetlinkRequest {
        var message = link(RouteType.getLink, index: index)
        message.put(LinkAttribute.details, LinkDetails.withoutFamilyCounters)
        return NetlinkRequest(message, "find", "link \(index)")
    }

    /// For ``NetlinkSocket/dump(_:)``: a ``NetworkLink`` each.
    public static func list() -> NetlinkRequest { NetlinkRequest(link(RouteType.getLink), "list", "links") }

    /// Makes it pass frames, as far as its other end does.
    public static func setUp(_ index: Int32, _ name: String) -> NetlinkRequest {
        NetlinkRequest(
            link(RouteType.newLink, index: index, state: LinkFlag.up, change: LinkFlag.up), "start", "link \(name)")
    }

    public static func setDown(_ index: Int32, _ name: String) -> NetlinkRequest {
        NetlinkRequest(link(RouteType.newLink, index: index, state: 0, change: LinkFlag.up), "stop", "link \(name)")
    }

    /// It gives itself no IPv6 address and looks for no neighbours: to be set before it is up.
    public static func withoutOwnAddresses(_ index: Int32, _ name: String) -> NetlinkRequest {
        var message = link(RouteType.newLink, index: index)
        message.nest(LinkAttribute.perFamily) {
            let ipv6: UInt16 = 10
            let generation: UInt16 = 8  // IFLA_INET6_ADDR_GEN_MODE
            $0.nest(ipv6) { $0.put(generation, UInt8(1)) }  // IN6_ADDR_GEN_MODE_NONE
        }
        return NetlinkRequest(message, "configure", "link \(name)")
    }

    /// A port of a bridge that learns no addresses, is flooded with nothing, and reaches no other such port: frames go
    /// only between it and the host.
    public static func isolatePort(_ index: Int32, _ name: String) -> NetlinkRequest {
        var message = link(RouteType.newLink, index: index)
        message.nest(LinkAttribute.info) {
            $0.put(LinkAttribute.Info.portKind, "bridge")
            $0.nest(LinkAttribute.Info.portData) {
                for off in [
                    PortAttribute.learning, PortAttribute.unicastFlood, PortAttribute.multicastFlood,
                    PortAttribute.broadcastFlood,
                ] {
                    $0.put(off, UInt8(0))
                }
                $0.put(PortAttribute.isolated, UInt8(1))
            }
        }
        return NetlinkRequest(message, "isolate", "link \(name)")
    }

    /// Makes a link a port of a bridge.
    public static func setMaster(_ index: Int32, _ name: String, master: Int32) -> NetlinkRequest {
        var message = link(RouteType.newLink, index: index)
        message.put(LinkAttribute.master, master)
        return NetlinkRequest(message, "make a port of the bridge", name)
    }

    /// The largest IP packet, in bytes.
    public static func setMTU(_ index: Int32, _ name: String, _ mtu: UInt32) -> NetlinkRequest {
        var message = link(RouteType.newLink, index: index)
        message.put(LinkAttribute.mtu, mtu)
        return NetlinkRequest(message, "set the MTU of", name)
    }

    /// How much of the data of a TCP connection over IPv4 crosses the link at once, in bytes: more than an IP packet
    /// can carry is what the kernel calls BIG TCP. EINVAL when it is more than the link takes, and a bridge takes as
    /// much as its ports once it has one. Only for a kernel whose links have a ``NetworkLink/largestSegment``.
    public static func setLargestSegment(_ index: Int32, _ name: String, _ bytes: UInt32) -> NetlinkRequest {
        var message = link(RouteType.newLink, index: index)
        message.put(largestSegment: bytes)
        return NetlinkRequest(message, "set the largest segment of", name)
    }

    /// Writes on a link whose it is; the kernel takes no alias when it makes one.
    ///
    /// - Parameter alias: at most 255 bytes.
    public static func setAlias(_ index: Int32, _ name: String, _ alias: String) -> NetlinkRequest {
        var message = link(RouteType.newLink, index: index)
        message.put(LinkAttribute.alias, bytes: Array(alias.utf8.prefix(255)))
        return NetlinkRequest(message, "name the owner of", name)
    }

    /// Its hardware address.
    public static func setAddress(_ index: Int32, _ name: String, _ address: [UInt8]) -> NetlinkRequest {
        var message = link(RouteType.newLink, index: index)
        message.put(LinkAttribute.address, bytes: address)
        return NetlinkRequest(message, "set the address of", "link \(name)")
    }

    /// Puts a link into a group, for ``delete(group:)``.
    public static func setGroup(_ name: String, _ group: UInt32) -> NetlinkRequest {
        var message = link(RouteType.newLink)
        message.put(LinkAttribute.name, name)
        message.put(LinkAttribute.group, group)
        return NetlinkRequest(message, "group", "link \(name)")
    }

    /// Takes away all links of a group, at about the price of one.
    public static func delete(group: UInt32) -> NetlinkRequest {
        var message = link(RouteType.deleteLink)
        message.put(LinkAttribute.group, group)
        return NetlinkRequest(message, "delete", "links of group \(group)")
    }

    /// With its other end, where it has one.
    public static func delete(_ name: String) -> NetlinkRequest {
        var message = link(RouteType.deleteLink)
        message.put(LinkAttribute.name, name)
        return NetlinkRequest(message, "delete", "link \(name)")
    }

    private static func link(
        _ type: UInt16, flags: NetlinkMessage.Flags = [], index: Int32 = 0, state: UInt32 = 0, change: UInt32 = 0
    ) -> NetlinkMessage {
        NetlinkMessage(type: type, flags: flags, fixed: header(index: index, state: state, change: change))
    }

    /// `struct ifinfomsg`.
    private static func header(index: Int32 = 0, state: UInt32 = 0, change: UInt32 = 0) -> [UInt8] {
        var header = NativeBytes(UInt32(0))
        header.add(index)
        header.add(state)
        header.add(change)
        return header.bytes
    }
}

extension NetlinkMessage {
    fileprivate mutating func put(largestSegment bytes: UInt32?) {
        guard let bytes else { return }
        put(LinkAttribute.Segment.sent, bytes)
        put(LinkAttribute.Segment.received, bytes)
    }

    /// Of a pair of links the kernel would use one of each kind anyway, but first make as many as there are processors.
    fileprivate mutating func putOneQueue() {
        put(LinkAttribute.sendQueues, UInt32(1))
        put(LinkAttribute.receiveQueues, UInt32(1))
    }
}

/// RTEXT_FILTER_ constants of linux/rtnetlink.h.
private enum LinkDetails {
    /// Not what IPv6 counts of a link for itself, some 40 numbers; the link's own ``NetworkLink/counters`` are there all the same.
    static let withoutFamilyCounters: UInt32 = 1 << 3
}

/// IFLA_BR_ constants of linux/if_link.h.
private enum BridgeAttribute {
    static let multicastSnooping: UInt16 = 23
}

/// IFLA_BRPORT_ constants of linux/if_link.h.
private enum PortAttribute {
    static let learning: UInt16 = 8
    static let unicastFlood: UInt16 = 9
    static let multicastFlood: UInt16 = 27
    static let broadcastFlood: UInt16 = 30
    static let isolated: UInt16 = 33
}
