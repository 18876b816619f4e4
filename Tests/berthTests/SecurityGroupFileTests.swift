import BerthModel
import Testing

@testable import berth

@Suite("The file of security groups")
struct SecurityGroupFileTests {
    private func read(_ text: String) throws -> [SecurityGroup] {
        try SecurityGroupFile.read(text: text, path: "/groups.yaml")
    }

    @Test("says who may talk to whom, in YAML or JSON")
    func groups() throws {
        let yaml = """
            sg-db:
              ingress:
                - from: sg-web
                  protocol: tcp
                  ports: 5432
                - from: 2001:db8::/32
              egress: []
              sendRate: 100Mbit
            sg-web: {"ingress": [{"from": "192.0.2.0/24", "protocol": "udp", "ports": "53-54"}]}
            """
        let groups = try read(yaml)
        let block = try #require(IPv6Block("2001:db8::/32"))
        #expect(
            groups[0]
                == SecurityGroup(
                    id: "sg-db",
                    ingress: [
                        .init(peer: .group("sg-web"), transport: .tcp, ports: 5432...5432), .init(peer: .ipv6(block)),
                    ], egress: [], sendRate: 100_000_000))
        // What is not named is as usual.
        #expect(groups[1].egress == SecurityGroup.usual(id: "sg-web").egress)
        #expect(groups[1].ingress.map(\.ports) == [53...54])
    }

    @Test("that is empty describes no group", arguments: ["", "# none yet\n", "{}"])
    func empty(text: String) throws {
        #expect(try read(text) == [])
    }

    @Test(
        "with a fault is refused with line, group, rule and remedy",
        arguments: [
            ("web: {}", ":1: \"web\" is no id of a group: use sg-"),
            ("sg-a:\n  ingres: []", ":2: group sg-a: unknown key \"ingres\"; known: ingress, egress"),
            ("sg-a:\n  ingress: none", ":2: group sg-a: ingress must be a list of rules, or [] for none"),
            ("sg-a:\n  ingress:\n    - protocol: tcp", "group sg-a, rule 1 of ingress: \"from\" is missing"),
            ("sg-a:\n  egress:\n    - to: sg-b\n    - from: sg-b", "rule 2 of egress: unknown key \"from\"; known: to"),
            ("sg-a:\n  egress:\n    - to: 10.0.0.1/8", "rule 1 of egress: to is \"10.0.0.1/8\", but must be a group"),
            ("sg-a:\n  egress:\n    - to: sg-b\n      ports: 80", "ports needs \"protocol: tcp\""),
            ("sg-a:\n  egress:\n    - to: sg-b\n      protocol: tcp\n      ports: 90-80", "ports is \"90-80\""),
            (
                "sg-a:\n  egress:\n    - to: sg-b\n      protocol: sctp",
                "protocol is \"sctp\", but must be tcp, udp or icmp"
            ),
            ("sg-a:\n  sendRate: fast", "group sg-a: sendRate must be bits a second"),
            ("- sg-a", "expected groups by their ids"),
        ])
    func faults(text: String, says: String) throws {
        let failure = #expect(throws: CommandFailure.self) { try read(text) }
        #expect(failure?.description.hasPrefix("/groups.yaml") == true)
        #expect(failure?.description.contains(says) == true, "\(failure?.description ?? "")")
    }

    @Test(
        "knows rates in the words of tc",
        arguments: [("8000", 8_000), ("500kbit", 500_000), ("1Gbit", 1_000_000_000), ("9600bit", 9_600)])
    func rates(text: String, rate: UInt64) throws {
        #expect(try read("sg-a:\n  receiveRate: \(text)")[0].receiveRate == rate)
    }
}
