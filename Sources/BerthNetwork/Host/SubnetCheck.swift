import BerthLinux
import BerthModel

/// Whether the tasks' addresses are free on this host.
enum SubnetCheck {
    /// - Parameter own: the bridge's index, whose addresses and routes are Berth's.
    static func check(
        _ plan: AddressPlan, routes: [NetworkRoute], addresses: [NetworkAddress], links: [NetworkLink], own: Int32?
    ) throws(NetworkSetupError) {
        let names = Dictionary(links.map { ($0.index, $0.name) }) { first, _ in first }
        func refuse(_ key: String, _ block: String, _ what: String, _ index: Int32?) throws(NetworkSetupError) {
            let by = index.flatMap { names[$0] }.map { " of \($0)" } ?? ""
            throw NetworkSetupError(
                .overlap,
                "\(key) \(block) overlaps \(what)\(by), which the host has: set \(key) to a block that is free")
        }
        for address in addresses where address.index != own {
            if let ipv4 = IPv4Address(address.address), plan.subnet.contains(ipv4) {
                try refuse("network.subnet", "\(plan.subnet)", "the address \(ipv4)", address.index)
            }
            if let ipv6 = IPv6Address(address.address), let subnet6 = plan.subnet6, subnet6.contains(ipv6) {
                try refuse("network.subnet6", "\(subnet6)", "the address \(ipv6)", address.index)
            }
        }
        for route in routes where route.prefix > 0 && route.isUnicast && (own == nil || route.index != own) {
            if let block = IPv4Block(route), block.overlaps(plan.subnet) {
                try refuse("network.subnet", "\(plan.subnet)", "the route to \(block)", route.index)
            }
            if let block = IPv6Block(route), let subnet6 = plan.subnet6, block.overlaps(subnet6) {
                try refuse("network.subnet6", "\(subnet6)", "the route to \(block)", route.index)
            }
        }
    }
}

extension IPv4Address {
    /// Of 4 bytes in network order.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == 4 else { return nil }
        self.init(bytes.reduce(0) { $0 << 8 | UInt32($1) })
    }
}

extension IPv6Address {
    /// Of 16 bytes in network order.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.init(bytes.reduce(0) { $0 << 8 | UInt128($1) })
    }
}

extension IPv4Block {
    fileprivate init?(_ route: NetworkRoute) {
        guard let address = IPv4Address(route.destination) else { return nil }
        self.init("\(address)/\(route.prefix)")
    }
}

extension IPv6Block {
    fileprivate init?(_ route: NetworkRoute) {
        guard let address = IPv6Address(route.destination) else { return nil }
        self.init("\(address)/\(route.prefix)")
    }
}
