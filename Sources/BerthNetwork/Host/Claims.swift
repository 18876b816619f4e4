import BerthModel

/// What the tasks of an earlier daemon hold indeed: each address and each port is one task's. Where the rows of two name the
/// same, as in a damaged store, the first has it.
struct Claims {
    private(set) var addresses: AddressBook
    private(set) var ports = PortBook()
    /// Without what is another's.
    private(set) var networks: [TaskNetwork] = []

    init(_ holding: [HeldNetwork], _ plan: AddressPlan) {
        addresses = AddressBook(plan)
        for held in holding {
            var network = held.network
            if let place = network.link.flatMap({ plan.place($0.ipv4) }), !addresses.take(place, for: held.task) {
                // Its ports led there.
                network.link = nil
                network.ports = []
            }
            network.ports = ports.enter(network.ports, for: held.task, holding: network.mode == .bridge)
            networks.append(network)
        }
    }
}
