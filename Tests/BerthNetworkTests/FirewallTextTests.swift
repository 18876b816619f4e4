import BerthModel
import Testing

@testable import BerthNetwork

@Suite("The rules of groups")
struct FirewallTextTests {
    @Test("are one chain to send and one to receive, and ids of any form are numbers in them")
    func rules() throws {
        let block = try #require(IPv4Block("10.1.0.0/16")), block6 = try #require(IPv6Block("2001:db8::/32"))
        let group = SecurityGroup(
            id: "sg \"; flush ruleset",
            ingress: [
                .init(peer: .group("another"), transport: .tcp, ports: 80...90),
                .init(peer: .ipv6(block6), transport: .icmp),
            ],
            egress: [.init(peer: .ipv4(block), transport: .udp), .init(peer: .ipv4(block), ports: 1...2)])
        var rules = GroupRules(table: "t", groups: [group])
        let profile = Profile([group.id])
        #expect(
            rules.commands(adding: profile) == """
                add set inet t g0v4 { type ipv4_addr; }
                add set inet t g0v6 { type ipv6_addr; }
                add set inet t g1v4 { type ipv4_addr; }
                add set inet t g1v6 { type ipv6_addr; }
                add chain inet t p1o {
                    ip daddr 10.1.0.0/16 meta l4proto udp goto to
                    ip daddr 10.1.0.0/16 meta l4proto { tcp, udp } th dport 1-2 goto to
                    drop
                  }
                add chain inet t p1i {
                    ip saddr @g1v4 meta l4proto tcp th dport 80-90 accept
                    ip6 saddr @g1v6 meta l4proto tcp th dport 80-90 accept
                    ip6 saddr 2001:db8::/32 meta l4proto ipv6-icmp accept
                    drop
                  }

                """)
        #expect(rules.commands(adding: profile).isEmpty)
        // What another combination needs stays; numbers are not given twice.
        _ = rules.commands(adding: Profile(["another"]))
        let chains = "delete chain inet t p1o\ndelete chain inet t p1i\n"
        #expect(
            rules.commands(removing: [profile]) == chains + "delete set inet t g0v4\ndelete set inet t g0v6\n")
        #expect(rules.commands(adding: profile).hasPrefix("add set inet t g2v4 { type ipv4_addr; }\n"))
        #expect(!rules.commands(removing: [Profile(["another"])]).contains("delete set"))
        #expect(rules.commands(removing: [Profile(["another"])]).isEmpty)
    }

    @Test("published ports are none of the servers', whether these listen yet or not")
    func published() throws {
        let subnet = try #require(IPv4Block("10.213.0.0/16"))
        for services in [NetworkServices(), NetworkServices(metadataPort: 8080, resolverPort: 5353)] {
            let plan = FirewallPlan(
                addresses: AddressPlan(bridge: "t", subnet: subnet), connections: 9, services: services)
            let rules = plan.tables.split(separator: "\n").filter { $0.contains("@ports4") }
            #expect(rules.count == 2)
            #expect(rules.allSatisfy { $0.contains("ip daddr != { 169.254.170.2, 169.254.169.253 } fib") })
        }
    }

    @Test("of a task with several groups let through what any of them does, at the lowest of their rates")
    func several() {
        var rules = GroupRules(
            table: "t",
            groups: [
                SecurityGroup(id: "a", ingress: [], egress: [], receiveRate: 5, sendRate: nil),
                SecurityGroup(id: "b", ingress: [], egress: [], receiveRate: 3, sendRate: 9),
            ])
        let rates = rules.rates(Profile(["b", "a", "b"]))
        #expect(rates.receive == 3 && rates.send == 9)
        #expect(Profile(["b", "a", "b"]) == Profile(["a", "b"]))
        #expect(Profile([]).groups == [SecurityGroup.defaultID])
        let usual = rules.commands(adding: Profile([]))
        #expect(usual.contains("meta nfproto ipv4 goto to") && usual.contains("meta nfproto ipv6 goto to"))
        #expect(usual.contains("ip saddr @g0v4 accept") && !usual.contains("nfproto ipv4 accept"))
    }

    @Test(
        "let a host that forwarded nothing before forward for tasks only, one family without the other",
        arguments: [(false, false), (true, false), (false, true)])
    func forwarding(ipv4: Bool, ipv6: Bool) throws {
        let addresses = AddressPlan(bridge: "t", subnet: try #require(IPv4Block("10.1.0.0/16")), subnet6: nil)
        var plan = FirewallPlan(addresses: addresses, connections: 1)
        plan.forwardsOnlyTasks = (ipv4, ipv6)
        for (family, isDropped) in [("ipv4", ipv4), ("ipv6", ipv6)] {
            #expect(plan.tables.contains("meta nfproto \(family) iifgroup") == isDropped)
        }
    }
}
