import BerthModel

/// What the firewall lets through beside the tasks' own rules.
struct FirewallPlan: Sendable {
    var addresses: AddressPlan
    var connections: UInt32
    var services = NetworkServices()
    /// The host forwarded nothing before Berth made it: what is no task's is still not forwarded.
    var forwardsOnlyTasks = (ipv4: false, ipv6: false)

    /// Of both tables, in the families `inet` and `bridge`.
    var table: String { addresses.bridge }
    private var bridge: String { "\"\(addresses.bridge)\"" }

    /// Both tables without any task, in place of what was there.
    var tables: String {
        """
        add table bridge \(table)
        delete table bridge \(table)
        add table inet \(table)
        delete table inet \(table)
        table bridge \(table) {
          set links4 { typeof iifname . ether saddr . ip saddr; }
          set links6 { typeof iifname . ether saddr . ip6 saddr; }
          map hairpin4 { type ether_addr : ipv4_addr; }
          map hairpin6 { type ether_addr : ipv6_addr; }
        \(chain("sources", "filter hook prerouting priority dstnat", sources))
        \(chain("up", "filter hook input priority 0", leavingBridge))
        }
        table inet \(table) {
          map out4 { type ipv4_addr : verdict; }
          map out6 { type ipv6_addr : verdict; }
          map in4 { type ipv4_addr : verdict; }
          map in6 { type ipv6_addr : verdict; }
          map ports4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
          map ports6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
          set published6 { type inet_proto . inet_service; }
          set own4 { type ipv4_addr . ipv4_addr; }
          set own6 { type ipv6_addr . ipv6_addr; }
          map hairpin4 { type ipv4_addr : ether_addr; }
          map hairpin6 { type ipv6_addr : ether_addr; }
          set connections4 { type ipv4_addr; size 65535; flags dynamic; }
          set connections6 { type ipv6_addr; size 65535; flags dynamic; }
        \(chain("strangers", "filter hook prerouting priority raw", strangers))
        \(chain("connections", "filter hook prerouting priority mangle", connectionBounds))
        \(chain("arriving", "nat hook prerouting priority dstnat", arriving))
        \(chain("bridged", "filter hook prerouting priority -90", translatedInBridge))
        \(chain("loopback6", "filter hook output priority raw", loopback6))
        \(chain("own", "nat hook output priority -100", own))
        \(chain("leaving", "nat hook postrouting priority srcnat", leaving))
        \(chain("host", "filter hook input priority filter", host))
        \(chain("loopback6answers", "filter hook input priority 200", loopback6Answers))
        \(chain("answers", "filter hook output priority filter", answers))
        \(chain("to", nil, receiver))
        \(chain("between", "filter hook forward priority filter", between))
        }

        """
    }

    /// For `berth network reset`.
    var removal: String {
        """
        add table bridge \(table)
        delete table bridge \(table)
        add table inet \(table)
        delete table inet \(table)
        """
    }

    /// From a task's link come only IP packets with its own addresses: no other ARP, DHCP or router's word.
    private var sources: [String] {
        [
            "iifname != \"\(addresses.prefix)*\" accept",
            "iifname . ether saddr . ip saddr @links4 accept",
            "iifname . ether saddr . ip6 saddr @links6 accept",
            "drop",
        ]
    }

    /// Nobody but tasks comes from their addresses, or to those that are for them alone.
    private var strangers: [String] {
        [
            // The host's loopback addresses, for which route_localnet opens the way of published ports' answers.
            "iifname \(bridge) ip daddr 127.0.0.0/8 drop",
            "iifname != { \(bridge), lo } ip saddr \(addresses.subnet) drop",
            "iifname != { \(bridge), lo } ip daddr { \(NetworkSettings.metadata), \(NetworkSettings.resolver) } drop",
        ] + ipv6 { "iifname != { \(bridge), lo } ip6 saddr \($0) drop" }
    }

    /// One task must not fill the table of connections that all share.
    private var connectionBounds: [String] {
        [
            "iifname \(bridge) ct state new add @connections4 { ip saddr ct count over \(connections) } drop"
        ]
            + ipv6 { _ in
                "iifname \(bridge) ct state new add @connections6 { ip6 saddr ct count over \(connections) } drop"
            }
    }

    private var arriving: [String] { serviceNumbers.map { "iifname \(bridge) \($0)" } + published }
    private var own: [String] { serviceNumbers + published }

    /// The servers of the daemon listen on other ports, so that whatever the host has on 53 and 80 is in nobody's way.
    private var serviceNumbers: [String] {
        var rules: [String] = []
        if let port = services.metadataPort {
            rules.append(
                "ip daddr \(NetworkSettings.metadata) tcp dport 80 dnat ip to \(NetworkSettings.metadata):\(port)")
        }
        if let port = services.resolverPort {
            for transport in ["udp", "tcp"] {
                rules.append(
                    "ip daddr \(NetworkSettings.resolver) \(transport) dport 53 "
                        + "dnat ip to \(NetworkSettings.resolver):\(port)")
            }
        }
        return rules
    }

    /// The servers' addresses are the host's too, but never a published port: while the daemon starts, a task that
    /// publishes 80 or 53 would be asked what is meant for them.
    private var published: [String] {
        [
            "ip daddr != { \(NetworkSettings.metadata), \(NetworkSettings.resolver) } "
                + "fib daddr type local meta nfproto ipv4 dnat ip to meta l4proto . th dport map @ports4"
        ]
            + ipv6 { _ in "fib daddr type local meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @ports6" }
    }

    /// The kernel takes no packet for ::1 from a link, whatever its translation made of it: what a program of the host sends
    /// from there to a published port leaves as the bridge's own before connections are tracked,
    private var loopback6: [String] {
        ipv6 { _ in
            "ip6 saddr ::1 ip6 daddr ::1 meta l4proto . th dport @published6 "
                + "ip6 saddr set \(addresses.gateway6?.description ?? "")"
        }
    }

    /// and the answer is for ::1 again once it is the host's, after all translation.
    private var loopback6Answers: [String] {
        ipv6 { _ in "iifname \(bridge) ct direction reply ct original ip6 daddr ::1 ip6 daddr set ::1" }
    }

    private var leaving: [String] {
        [
            "oifname \(bridge) ip saddr 127.0.0.0/8 masquerade",
            // From a task to its own published port: no program takes what comes from its own address.
            "oifname \(bridge) ip saddr . ip daddr @own4 ct status dnat masquerade",
            "oifname != { \(bridge), lo } ip saddr \(addresses.subnet) masquerade",
        ]
            + ipv6 {
                "oifname \(bridge) ip6 saddr . ip6 daddr @own6 ct status dnat masquerade\n    "
                    + "oifname != { \(bridge), lo } ip6 saddr \($0) masquerade"
            }
    }

    /// From tasks to the host itself.
    private var host: [String] {
        var rules = ["iifname != \(bridge) accept", "ct state established,related accept"]
        if let port = services.metadataPort {
            rules.append("ip daddr \(NetworkSettings.metadata) tcp dport \(port) accept")
        }
        if let port = services.resolverPort {
            rules.append("ip daddr \(NetworkSettings.resolver) meta l4proto { tcp, udp } th dport \(port) accept")
        }
        if !services.apiPorts.isEmpty {
            let ports = services.apiPorts.map(String.init).joined(separator: ", ")
            rules.append("ip daddr \(addresses.gateway) tcp dport { \(ports) } accept")
        }
        return rules + [
            "ip daddr \(addresses.gateway) icmp type echo-request accept"
        ] + ipv6 { _ in "ip6 daddr \(addresses.gateway6?.description ?? "") icmpv6 type echo-request accept" } + [
            "drop"
        ]
    }

    /// Task to task goes in and out by the bridge: the kernel would tell each that there is a shorter way. And no router's
    /// word of another way reaches them.
    private var answers: [String] {
        [
            "oifname \(bridge) icmp type redirect drop",
            "oifname \(bridge) icmpv6 type { nd-redirect, nd-router-advert } drop",
        ]
    }

    private var between: [String] {
        [
            "ct state established,related accept"
        ]
            + [("ipv4", forwardsOnlyTasks.ipv4), ("ipv6", forwardsOnlyTasks.ipv6)].filter(\.1).map { family, _ in
                "meta nfproto \(family) iifgroup != \(Bridge.group) oifgroup != \(Bridge.group) drop"
            } + [
                "iifname != \(bridge) oifname != \(bridge) accept",
                "ct state invalid drop",
                "iifname \(bridge) ip daddr 169.254.0.0/16 drop",
                // Clouds serve the host's own metadata and credentials there (EC2's and GCE's), and nothing else is link-local.
                "iifname \(bridge) ip6 daddr { fd00:ec2::254, fd20:ce::254, fe80::/10 } drop",
                "iifname \(bridge) ip saddr vmap @out4",
                "iifname \(bridge) ip6 saddr vmap @out6",
                "iifname \(bridge) drop",
                "goto to",
            ]
    }

    /// What its sender may send: whether the receiver takes it.
    private var receiver: [String] {
        [
            "oifname != \(bridge) accept", "ct status dnat accept", "ip daddr vmap @in4", "ip6 daddr vmap @in6", "drop",
        ]
    }

    private func ipv6(_ rule: (IPv6Block) -> String) -> [String] { addresses.subnet6.map { [rule($0)] } ?? [] }

    private func chain(_ name: String, _ hook: String?, _ rules: [String]) -> String {
        let head = hook.map { "    type \($0); policy accept;\n" } ?? ""
        return "  chain \(name) {\n" + head + rules.map { "    \($0)\n" }.joined() + "  }"
    }
}
