import BerthModel

/// The names of tasks, as the resolver asks for them. Calls come from the resolver's event loop and answer from memory.
public protocol TaskNames: Sendable {
    /// What a name means to the task at `asker`.
    func meaning(of name: DomainName, to asker: IPv4Address) -> NameMeaning

    /// What an address is called by the task at `asker`.
    func meaning(of address: TaskAddress, to asker: IPv4Address) -> NameMeaning
}

/// What a name, or an address, stands for.
public enum NameMeaning: Equatable, Sendable {
    /// A name of Berth's; both lists may be empty, where there is no address of that kind.
    case addresses([IPv4Address], [IPv6Address])
    /// The name of an address.
    case pointer(DomainName)
    /// It lies where only Berth gives names, and there is none.
    case nobody
    /// The host's name servers know.
    case foreign
    /// Nobody that Berth knows asks.
    case stranger
}

/// An address of either kind.
public enum TaskAddress: Hashable, Sendable {
    case ipv4(IPv4Address)
    case ipv6(IPv6Address)

    /// The address that a name below `in-addr.arpa` or `ip6.arpa` stands for; nil for any other.
    init?(reverse name: DomainName) {
        if let labels = name.prefix(before: Self.reverse4), labels.count == 4 {
            let text = labels.reversed().map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".")
            guard let address = IPv4Address(text) else { return nil }
            self = .ipv4(address)
        } else if let labels = name.prefix(before: Self.reverse6), labels.count == 32 {
            var number: UInt128 = 0
            for label in labels.reversed() {
                guard label.count == 1, let digit = Character(Unicode.Scalar(label[0])).hexDigitValue else {
                    return nil
                }
                number = number << 4 | UInt128(digit)
            }
            self = .ipv6(IPv6Address(number))
        } else {
            return nil
        }
    }

    // Both are names: the labels are constants.
    private static let reverse4 = DomainName("in-addr.arpa") ?? .root
    private static let reverse6 = DomainName("ip6.arpa") ?? .root
}
