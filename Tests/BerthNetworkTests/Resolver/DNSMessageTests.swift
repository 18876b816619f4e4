import BerthModel
import Testing

@testable import BerthNetwork

@Suite("Messages of the domain name system")
struct DNSMessageTests {
    static func name(_ text: String) throws -> DomainName { try #require(DomainName(text)) }

    /// A query for one name, as glibc sends it.
    static func query(_ text: String, _ type: DNSMessage.RecordType = .a, id: UInt16 = 7) throws -> DNSMessage {
        var query = DNSMessage(id: id)
        query.wantsRecursion = true
        query.questions = [.init(name: try name(text), type: type)]
        return query
    }

    @Test("a query is read as it was written")
    func query() throws {
        var query = try Self.query("www.Example.org", .aaaa)
        #expect(try DNSMessage(query.bytes()) == query)
        query.payloadSize = 1232
        #expect(try DNSMessage(query.bytes()) == query)
    }

    @Test("the bytes of a query are those of RFC 1035")
    func layout() throws {
        #expect(
            try Self.query("a.bc").bytes() == [
                0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 2, 0x62, 0x63, 0, 0, 1, 0, 1,
            ])
    }

    @Test("an answer points to the question's name, and carries addresses and names")
    func answer() throws {
        let query = try Self.query("db.default.internal")
        var answer = DNSMessage(answering: query)
        let name = query.questions[0].name
        answer.answers = [
            .init(name: name, lifetime: 5, content: .a(IPv4Address(0x0AD5_0001))),
            .init(name: name, lifetime: 5, content: .aaaa(try #require(IPv6Address("fd00::1")))),
            .init(name: try Self.name("x"), lifetime: 70_000, content: .pointer(try Self.name("y.z"))),
        ]
        let bytes = answer.bytes()
        #expect(bytes[2] & 0x80 != 0)
        #expect(Array(bytes[37..<53]) == [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 213, 0, 1])
        #expect(bytes.suffix(5) == [1, 0x79, 1, 0x7A, 0])
        let read = try DNSMessage(bytes)
        #expect(read.isResponse && read.questions == query.questions && read.id == 7)
    }

    @Test("what does not fit is left out, and said to be")
    func truncation() throws {
        let query = try Self.query("db.default.internal")
        var answer = DNSMessage(answering: query)
        answer.answers = (0..<100).map {
            .init(name: query.questions[0].name, lifetime: 5, content: .a(IPv4Address($0)))
        }
        #expect(answer.bytes().count > 512)
        let cut = answer.bytes(limit: 512)
        #expect(cut.count <= 512)
        #expect(try DNSMessage(cut).isTruncated)
        #expect(try !DNSMessage(answer.bytes(limit: 65_535)).isTruncated)
    }

    @Test("names are equal whatever their case, and bounded")
    func names() throws {
        #expect(try Self.name("A.b.") == Self.name("a.B"))
        #expect(Set([try Self.name("A.b"), try Self.name("a.B")]).count == 1)
        #expect(try Self.name("a.b") != Self.name("a.c"))
        #expect(DomainName("") == .root)
        #expect(DomainName("a..b") == nil)
        #expect(DomainName(String(repeating: "a", count: 64)) == nil)
        let label = String(repeating: "a", count: 63)
        #expect(DomainName([label, label, label, String(repeating: "a", count: 61)].joined(separator: ".")) != nil)
        #expect(DomainName([label, label, label, String(repeating: "a", count: 62)].joined(separator: ".")) == nil)
        #expect(DomainName(labels: [[0x2E, 0, 0x41]])?.description == "\\046\\000a")
    }

    @Test("a name with pointers is read; one that turns in a circle, or points on, is not")
    func pointers() throws {
        let header: [UInt8] = [0, 7, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0]
        let first: [UInt8] = [1, 0x61, 0, 0, 1, 0, 1]
        let message = try DNSMessage(header + first + [1, 0x62, 0xC0, 12, 0, 28, 0, 1])
        #expect(message.questions.map(\.name.description) == ["a", "b.a"])
        for (tail, fault) in [
            ([0xC0, 19, 0, 1, 0, 1], .loop), ([1, 0x62, 0xC0, 19, 0, 1, 0, 1], .loop), ([0xC0, 40], .loop),
            ([0xC0], .cut), ([0x40, 0], .labelType), ([0x80, 0], .labelType), ([5, 0x61], .cut),
        ] as [([UInt8], DNSFault)] {
            #expect(throws: fault) { try DNSMessage(header + first + tail) }
        }
    }

    @Test("pointers take no time of their own: records' are not followed, and a question's are few")
    func chains() throws {
        func message(questions: UInt8, records: UInt8, _ body: [UInt8]) throws -> DNSMessage {
            let header: [UInt8] = [0, 7, 1, 0, 0, questions, 0, records, 0, 0, 0, 0]
            return try DNSMessage(header + body)
        }
        let tail: [UInt8] = [0, 1, 0, 1]
        // A question at 12, and others after it, each of which points to the one before.
        func chain(_ hops: Int) -> [UInt8] {
            var bytes: [UInt8] = [0] + tail
            var last = 12
            for _ in 0..<hops {
                let place = 12 + bytes.count
                bytes += [0xC0, UInt8(last)]
                bytes += tail
                last = place
            }
            return bytes
        }
        #expect(try message(questions: 17, records: 0, chain(16)).questions.count == 17)
        #expect(throws: DNSFault.loop) { try message(questions: 18, records: 0, chain(17)) }
        // Followed, this would be a circle.
        let record: [UInt8] = [1, 0x61, 0xC0, 12] + tail + [0, 0, 0, 0, 0, 0]
        #expect(try message(questions: 0, records: 2, record + record).questions.isEmpty)
        #expect(throws: DNSFault.cut) { try message(questions: 0, records: 3, record + record) }
    }

    @Test("a name that grows by its pointers ends at 255 bytes")
    func growingName() throws {
        var bytes: [UInt8] = [0, 7, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0]
        let label = [UInt8(60)] + [UInt8](repeating: 0x61, count: 60)
        bytes += label + label + label + label + [0, 0, 1, 0, 1]
        #expect(throws: DNSFault.longName) { try DNSMessage(bytes + label + [0xC0, 12, 0, 1, 0, 1]) }
    }

    @Test("no bytes make the reader fail otherwise than by its faults")
    func fuzz() throws {
        var source = SeededSource(state: 0x5EED)
        var seeds = [try Self.query("www.example.org").bytes()]
        var answer = DNSMessage(answering: try Self.query("db.internal"))
        answer.payloadSize = 4096
        answer.answers = [.init(name: try Self.name("db.internal"), lifetime: 1, content: .a(IPv4Address(1)))]
        seeds.append(answer.bytes())
        for round in 0..<20_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 0...6, using: &source) {
                bytes[Int.random(in: 0..<bytes.count, using: &source)] = .random(in: .min ... .max, using: &source)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &source)))
            if let message = try? DNSMessage(bytes) {
                // What was read can be written, and is the same again.
                #expect(message.questions.allSatisfy { DomainName(labels: $0.name.labels) != nil })
                _ = message.bytes()
            }
        }
    }

    @Test("reverse names stand for addresses")
    func reverse() throws {
        let ipv4 = TaskAddress(reverse: try Self.name("5.0.213.10.IN-ADDR.arpa"))
        #expect(ipv4 == .ipv4(try #require(IPv4Address("10.213.0.5"))))
        let digits = "2.0.0.0." + String(repeating: "0.", count: 27)
        #expect(TaskAddress(reverse: try Self.name("1." + digits + "ip6.arpa")) == .ipv6(IPv6Address(0x21)))
        for text in ["0.213.10.in-addr.arpa", "256.0.0.1.in-addr.arpa", "in-addr.arpa", "x.0.0.1.in-addr.arpa", "a.b"] {
            #expect(TaskAddress(reverse: try Self.name(text)) == nil)
        }
    }
}

/// The same numbers in every run (xorshift64*).
struct SeededSource: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
