/// `network.bigTCP`: whether a task's connections over IPv4 go in segments larger than an IP packet (the kernel's BIG TCP),
/// which costs less for each byte. Over IPv6 such a segment has a header more, and is too big for ip6_forward of
/// net/ipv6/ip6_output.c, which allows for none.
public enum BigTCP: String, Sendable, CaseIterable {
    /// Where every link to the outside takes such segments too, or there is none.
    case automatic = "auto"
    /// Also where a link to the outside does not: the kernel cuts what leaves by it into packets, at the processor's cost
    /// (about half of what a core can send).
    case always
    case never
}

/// How much of the data of a TCP connection over IPv4 crosses the links of tasks at once, in bytes; nil for ``usual``.
struct LargestSegments: Equatable {
    /// At the host's ends, and so from the host to a task: never to the outside.
    var host: UInt32?
    /// At a task's end.
    var task: UInt32?

    /// What the kernel does by itself: as much as an IP packet carries.
    static let usual: UInt32 = 64 << 10
    /// Above this, iperf3 over a pair of links is no faster.
    static let large: UInt32 = 256 << 10

    /// - Parameters:
    ///   - uplinks: what each link with a default route takes.
    ///   - isKnown: whether the kernel has it (since 6.3).
    init(_ setting: BigTCP, uplinks: [UInt32?], isKnown: Bool) {
        guard isKnown else { return }
        host = setting == .never ? nil : Self.large
        let isLarge =
            switch setting {
            case .automatic: uplinks.allSatisfy { $0 ?? 0 >= Self.large }
            case .always: true
            case .never: false
            }
        task = isLarge ? Self.large : nil
    }
}
