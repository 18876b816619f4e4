import BerthLinux
import BerthModel

/// Which addresses and names belong together: everything of a task's link follows from its place in the subnet.
struct AddressPlan: Equatable, Sendable {
    var bridge: String
    var subnet: IPv4Block
    var subnet6: IPv6Block?

    var gateway: IPv4Address { IPv4Address(subnet.base.number + 1) }
    var gateway6: IPv6Address? { subnet6.map { IPv6Address($0.base.number + 1) } }
    var gatewayMAC: MACAddress { mac(gateway) }

    /// Of tasks: all but the subnet's own address, the gateway's and the last (RFC 919, broadcast). Of a wide subnet the
    /// first 65,534: a link's name has room for four digits, and no bridge for that many links.
    var places: ClosedRange<UInt32> { 2...UInt32(min(subnet.count - 2, 0xffff)) }

    /// What every link's name begins with.
    var prefix: String { bridge + "-" }

    func link(_ place: UInt32) -> TaskLink {
        let ipv4 = IPv4Address(subnet.base.number + place)
        return TaskLink(
            ipv4: ipv4, ipv6: subnet6.map { IPv6Address($0.base.number + UInt128(place)) }, mac: mac(ipv4),
            hostName: prefix + String(place, radix: 16))
    }

    /// Nil for a name that no task's link has.
    func link(named name: String) -> TaskLink? {
        guard name.hasPrefix(prefix), let place = UInt32(name.dropFirst(prefix.count), radix: 16),
            places.contains(place)
        else { return nil }
        return link(place)
    }

    /// Nil for an address that no task gets.
    func place(_ address: IPv4Address) -> UInt32? {
        guard subnet.contains(address) else { return nil }
        let place = address.number - subnet.base.number
        return places.contains(place) ? place : nil
    }

    /// Of an address of either family in network order; nil for one that no task gets.
    func place(_ address: ArraySlice<UInt8>) -> UInt32? {
        let number = address.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        if address.count == 4 { return place(IPv4Address(UInt32(truncatingIfNeeded: number))) }
        guard let base = subnet6?.base.number, number >= base else { return nil }
        return UInt32(exactly: number - base).flatMap { places.contains($0) ? $0 : nil }
    }

    /// Locally administered (IEEE 802: bit 1 of the first byte), so that it is nobody's hardware.
    private func mac(_ address: IPv4Address) -> MACAddress { MACAddress(0x02be << 32 | UInt64(address.number)) }
}
