import BerthModel
import Testing

@testable import BerthNetwork

@Suite("A change of the firewall that the kernel refuses")
struct FirewallTests {
    private static func plan() throws -> AddressPlan {
        AddressPlan(bridge: "t0", subnet: try #require(IPv4Block("10.213.0.0/24")), subnet6: nil)
    }

    private static func port(_ number: UInt16) -> PublishedPort {
        PublishedPort(container: 0, containerPort: 80, hostPort: number, transport: .tcp)
    }

    /// Runs `body` with a firewall of a namespace of its own, which has tasks of six groups at places 2 to 7.
    private static func with(_ body: @escaping @Sendable (Firewall, AddressPlan) throws -> Void) async throws {
        try await TestNamespace.make().run {
            let plan = try plan()
            let firewall = try Firewall(FirewallPlan(addresses: plan, connections: 64), groups: [])
            try firewall.rebuild()
            for place in UInt32(2)...7 { try firewall.add([member(plan, place, "sg-\(place)")]) }
            try body(firewall, plan)
        }
    }

    private static func member(_ plan: AddressPlan, _ place: UInt32, _ group: String) -> FirewallMember {
        FirewallMember(link: plan.link(place), profile: Profile([group]))
    }

    /// The chain to which the kernel's map sends what comes from a place.
    private static func chain(_ plan: AddressPlan, _ place: UInt32) throws -> String? {
        let map = try Nftables().run("list map inet t0 out4")
        let words = map.split { " ,\n{}".contains($0) }
        let index = words.firstIndex { $0 == "\(plan.link(place).ipv4)" }
        return index.map { String(words[$0 + 3]) }
    }

    @Test("leaves the numbers of the chains as they are: who comes later gets the rules of its own groups")
    func numbers() async throws {
        try await Self.with { firewall, plan in
            var broken = Self.member(plan, 9, "sg-9")
            broken.link.hostName = "no\"name"
            #expect(throws: FirewallError.self) { try firewall.add([broken]) }
            #expect(firewall.mustRebuild)
            #expect(firewall.members[broken.link.ipv4] == nil)
            for place in UInt32(2)...7 {
                try firewall.add([Self.member(plan, place + 20, "sg-\(place)")])
                #expect(try Self.chain(plan, place + 20) == Self.chain(plan, place))
            }
            #expect(try Self.chain(plan, 22) != nil)
            try firewall.rebuild()
            #expect(!firewall.mustRebuild)
        }
    }

    @Test("leaves a task the ports that it had")
    func ports() async throws {
        try await Self.with { firewall, plan in
            let (first, second) = (plan.link(2).ipv4, plan.link(3).ipv4)
            try firewall.publish([Self.port(8080)], of: first)
            #expect(throws: FirewallError.self) { try firewall.publish([Self.port(8080)], of: second) }
            #expect(firewall.mustRebuild)
            #expect(firewall.members[second]?.ports == [])
            try firewall.rebuild()
            #expect(firewall.members[first]?.ports == [Self.port(8080)])
        }
    }
}
