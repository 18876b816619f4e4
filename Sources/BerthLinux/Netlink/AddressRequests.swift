/// Requests about addresses, routes and neighbours, for a socket of ``NetlinkSocket/Family/route``.
///
/// An address is 4 or 16 bytes in network order.
public enum AddressRequest {
    /// At once usable: the kernel does not ask the neighbours whether it is taken (duplicate address detection).
    public static func add(_ address: [UInt8], prefix: Int, to index: Int32) -> NetlinkRequest {
        let withoutDetection: UInt8 = 0x02  // IFA_F_NODAD
        var header = NativeBytes(family(address))
        header.add(UInt8(prefix))
        header.add(withoutDetection)
        header.add(UInt8(0))
        header.add(index)
        var message = NetlinkMessage(
            type: RouteType.newAddress, flags: [.create, .replace], fixed: header.bytes)
        message.put(1, bytes: address)  // IFA_ADDRESS
        message.put(2, bytes: address)  // IFA_LOCAL
        return NetlinkRequest(message, "add", "address \(text(address))/\(prefix)")
    }

    /// EADDRNOTAVAIL when the link has no such address.
    public static func delete(_ address: [UInt8], prefix: Int, of index: Int32) -> NetlinkRequest {
        var header = NativeBytes(family(address))
        header.add(UInt8(prefix))
        header.add(UInt16(0))
        header.add(index)
        var message = NetlinkMessage(type: RouteType.deleteAddress, fixed: header.bytes)
        message.put(2, bytes: address)  // IFA_LOCAL
        return NetlinkRequest(message, "delete", "address \(text(address))/\(prefix)")
    }

    /// For ``NetlinkSocket/dump(_:)``: a ``NetworkAddress`` each.
    public static func list() -> NetlinkRequest {
        NetlinkRequest(
            NetlinkMessage(type: RouteType.getAddress, fixed: [UInt8](repeating: 0, count: 8)), "list", "addresses")
    }

    /// Everything goes to a gateway, which need not be in a subnet of the link's.
    public static func addDefaultRoute(via gateway: [UInt8], index: Int32) -> NetlinkRequest {
        let onLink: UInt32 = 4  // RTNH_F_ONLINK
        var message = NetlinkMessage(
            type: RouteType.newRoute, flags: [.create, .replace],
            fixed: [family(gateway), 0, 0, 0, mainTable, 3, 0, 1] + NativeBytes(onLink).bytes)
        message.put(RouteAttribute.gateway, bytes: gateway)
        message.put(RouteAttribute.output, index)
        return NetlinkRequest(message, "add", "default route via \(text(gateway))")
    }

    /// For ``NetlinkSocket/dump(_:)``: a ``NetworkRoute`` each.
    public static func listRoutes() -> NetlinkRequest {
        NetlinkRequest(
            NetlinkMessage(type: RouteType.getRoute, fixed: [UInt8](repeating: 0, count: 12)), "list", "routes")
    }

    /// A neighbour that is never asked for.
    public static func addNeighbour(_ address: [UInt8], at hardware: [UInt8], index: Int32) -> NetlinkRequest {
        let permanent: UInt16 = 0x80
        var message = neighbour(
            RouteType.newNeighbour, family(address), index, state: permanent, flags: 0)
        message.put(NeighbourAttribute.destination, bytes: address)
        message.put(NeighbourAttribute.hardware, bytes: hardware)
        return NetlinkRequest(message, "add", "neighbour \(text(address))")
    }

    /// ENOENT when the link has no such neighbour.
    public static func deleteNeighbour(_ address: [UInt8], index: Int32) -> NetlinkRequest {
        var message = neighbour(RouteType.deleteNeighbour, family(address), index, state: 0, flags: 0)
        message.put(NeighbourAttribute.destination, bytes: address)
        return NetlinkRequest(message, "delete", "neighbour \(text(address))")
    }

    /// For ``NetlinkSocket/dump(_:)``: a ``NetworkNeighbour`` each.
    public static func listNeighbours() -> NetlinkRequest {
        NetlinkRequest(
            NetlinkMessage(type: RouteType.getNeighbour, fixed: [UInt8](repeating: 0, count: 12)), "list", "neighbours")
    }

    /// Tells a bridge behind which of its ports a hardware address is, for good. It goes with the port.
    public static func addForwarding(of hardware: [UInt8], to index: Int32) -> NetlinkRequest {
        let bridge: UInt8 = 7  // AF_BRIDGE
        let fixed: UInt16 = 0x40  // NUD_NOARP: `static` in bridge(8)
        let master: UInt8 = 0x04  // NTF_MASTER: in the bridge's table, not the link's own
        var message = neighbour(RouteType.newNeighbour, bridge, index, state: fixed, flags: master)
        message.put(NeighbourAttribute.hardware, bytes: hardware)
        return NetlinkRequest(message, "add", "forwarding to link \(index)")
    }

    private static let mainTable: UInt8 = 254

    private static func neighbour(
        _ type: UInt16, _ family: UInt8, _ index: Int32, state: UInt16, flags: UInt8
    ) -> NetlinkMessage {
        var header = NativeBytes(UInt32(family))
        header.add(index)
        header.add(state)
        header.add(flags)
        header.add(UInt8(0))
        return NetlinkMessage(
            type: type, flags: type == RouteType.newNeighbour ? [.create, .replace] : [], fixed: header.bytes)
    }

    /// AF_INET or AF_INET6.
    private static func family(_ address: [UInt8]) -> UInt8 { address.count == 4 ? 2 : 10 }

    private static func text(_ address: [UInt8]) -> String {
        if address.count == 4 { return address.map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: address.count - 1, by: 2).map {
            UInt16(address[$0]) << 8 | UInt16(address[$0 + 1])
        }
        return groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
}

/// An address of a link.
public struct NetworkAddress: Sendable, Equatable {
    /// The link's.
    public var index: Int32
    /// In network order.
    public var address: [UInt8]
    /// Bits that its subnet shares.
    public var prefix: Int

    /// Nil for a message of another kind, or one that is cut.
    public init?(_ reply: NetlinkReply) {
        guard reply.type == RouteType.newAddress, let prefix: UInt8 = reply.number(at: 1),
            let index: Int32 = reply.number(at: 4)
        else { return nil }
        let attributes = reply.attributes(after: 8)
        guard let address = attributes[2] ?? attributes[1] else { return nil }
        (self.index, self.prefix, self.address) = (index, Int(prefix), Array(address.value))
    }
}

/// A route to a block of addresses.
public struct NetworkRoute: Sendable, Equatable {
    /// In network order; empty for a default route.
    public var destination: [UInt8]
    /// Bits of ``destination`` that count; 0 for a default route.
    public var prefix: Int
    /// Nil where it leads nowhere, or over several links.
    public var index: Int32?
    /// AF_INET or AF_INET6.
    public var family: UInt8
    /// RT_TABLE_ and RTN_ constants of linux/rtnetlink.h.
    public var table: UInt32
    /// See ``table``.
    public var kind: UInt8
    /// The lower the better.
    public var metric: UInt32

    /// RTN_UNICAST: to other machines.
    public var isUnicast: Bool { kind == 1 }

    /// Nil for a message of another kind, or one that is cut.
    public init?(_ reply: NetlinkReply) {
        guard reply.type == RouteType.newRoute, let family: UInt8 = reply.number(at: 0),
            let prefix: UInt8 = reply.number(at: 1), let table: UInt8 = reply.number(at: 4),
            let kind: UInt8 = reply.number(at: 7)
        else { return nil }
        (self.family, self.prefix, self.table, self.kind) = (family, Int(prefix), UInt32(table), kind)
        (destination, metric) = ([], 0)
        for attribute in reply.attributes(after: 12) {
            switch attribute.type {
            case RouteAttribute.destination: destination = Array(attribute.value)
            case RouteAttribute.output: index = attribute.number()
            case RouteAttribute.metric: metric = attribute.number() ?? 0
            case RouteAttribute.table: self.table = attribute.number() ?? self.table
            default: continue
            }
        }
    }
}

/// Where the host believes a neighbour to be.
public struct NetworkNeighbour: Sendable, Equatable {
    /// The link's.
    public var index: Int32
    /// In network order.
    public var address: [UInt8]
    /// NUD_PERMANENT.
    public var isPermanent: Bool

    /// Nil for a message of another kind, or one that is cut.
    public init?(_ reply: NetlinkReply) {
        guard reply.type == RouteType.newNeighbour, let index: Int32 = reply.number(at: 4),
            let state: UInt16 = reply.number(at: 8),
            let address = reply.attributes(after: 12)[NeighbourAttribute.destination]
        else { return nil }
        (self.index, self.address, isPermanent) = (index, Array(address.value), state & 0x80 != 0)
    }
}

/// RTA_ constants of linux/rtnetlink.h.
private enum RouteAttribute {
    static let destination: UInt16 = 1
    static let output: UInt16 = 4
    static let gateway: UInt16 = 5
    static let metric: UInt16 = 6
    static let table: UInt16 = 15
}

/// NDA_ constants of linux/neighbour.h.
private enum NeighbourAttribute {
    static let destination: UInt16 = 1
    static let hardware: UInt16 = 2
}
