import BerthModel

/// From a task to a port that a task publishes, at an address of the host, where the kernel hands bridged frames to the
/// packet filter of routed ones (br_netfilter, net.bridge.bridge-nf-call-iptables).
///
/// There a frame is translated while it is still in the bridge. One that is for a task by then the kernel does not hand to the
/// host any more, but to that task's port, and ports are isolated. So the destination is put back as it came, and with it
/// the frame remembers the new one in place of its sender, which nobody needs any more: as a hardware address that no link
/// has. On its way from the bridge to the host it gets it for good.
extension FirewallPlan {
    /// Stands for a task's address in a frame: neither end of its link has it.
    static func stand(for link: TaskLink) -> MACAddress { MACAddress(link.mac.number ^ 0x08 << 40) }

    /// In frames that left the bridge: the host translates them, and nothing is to be put back.
    private var left: MACAddress { MACAddress(0x06be << 32) }

    /// In the family `inet`, after translation.
    var translatedInBridge: [String] {
        [
            "iifname != \"\(addresses.bridge)\" accept",
            "ether saddr \(left) accept",
        ] + putBack("ip", "4") + (addresses.subnet6 == nil ? [] : putBack("ip6", "6"))
    }

    private func putBack(_ family: String, _ number: String) -> [String] {
        [
            "ct status dnat ct direction original ether saddr set \(family) daddr map @hairpin\(number) "
                + "\(family) daddr set ct original \(family) daddr accept",
            // The answer of a task that asked itself.
            "ct status snat ct direction reply ether saddr set \(family) daddr map @hairpin\(number) "
                + "\(family) daddr set ct reply \(family) daddr accept",
        ]
    }

    /// In the family `bridge`, for what goes to the host.
    var leavingBridge: [String] {
        [
            "iifname != \"\(addresses.prefix)*\" accept",
            "ip daddr set ether saddr map @hairpin4 accept",
            "ip6 daddr set ether saddr map @hairpin6 accept",
            // Also what is about a connection, such as an ICMP error, and what somebody else's rules translate.
            "ether saddr set \(left) accept",
        ]
    }
}
