import BerthLinux
import BerthModel
import Foundation
import Testing

@testable import BerthNetwork

@Suite("The tasks' resolver on live sockets")
struct ResolverTests {
    /// A task at 127.0.0.2, with a container `web`; a service of two tasks.
    private struct Names: TaskNames {
        func meaning(of name: DomainName, to asker: IPv4Address) -> NameMeaning {
            guard asker == IPv4Address("127.0.0.2") else { return .stranger }
            switch name.description {
            case "web": return .addresses([IPv4Address(0x0AD5_0001)], [])
            case "db.default.internal":
                return .addresses([IPv4Address(0x0AD5_0002), IPv4Address(0x0AD5_0003)], [IPv6Address(9)])
            case let text where text.hasSuffix("internal"): return .nobody
            default: return .foreign
            }
        }

        func meaning(of address: TaskAddress, to asker: IPv4Address) -> NameMeaning {
            guard address == .ipv4(IPv4Address(0x0AD5_0001)), let name = DomainName("ip.internal") else {
                return .foreign
            }
            return .pointer(name)
        }
    }

    /// Runs `body` beside a resolver, on a thread of its own because it blocks.
    private func serve(
        _ servers: [ResolverSettings.Endpoint] = [], change: (inout ResolverSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (_ port: Int) throws -> Void
    ) async throws {
        var settings = ResolverSettings(listen: .init(host: "127.0.0.1", port: 0), nameservers: servers)
        settings.hostFile = "/nonexistent"
        settings.patience = .seconds(20)
        change(&settings)
        let (ports, announce) = AsyncStream<Int>.makeStream()
        let resolver = Resolver(settings, names: Names()) { announce.yield($0) }
        let server = Task { try await resolver.run() }
        defer { server.cancel() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        try await onThread { try body(port) }
        server.cancel()
        _ = await server.result
    }

    private func ask(_ query: DNSMessage, _ port: Int, as host: UInt8 = 2) throws -> DNSMessage {
        let socket = try LoopbackSocket(host: host)
        try socket.connect(to: port)
        try socket.send(query.bytes())
        return try DNSMessage(try #require(socket.receive()))
    }

    @Test("own names are answered, with the addresses of the kind that was asked for")
    func own() async throws {
        try await serve { port in
            let web = try ask(DNSMessageTests.query("WEB"), port)
            #expect(web.code == .ok && web.isAuthoritative && web.offersRecursion && web.id == 7)
            let socket = try LoopbackSocket(host: 2)
            try socket.connect(to: port)
            for (type, count) in [(DNSMessage.RecordType.a, 2), (.aaaa, 1), (.any, 3), (.init(rawValue: 15), 0)] {
                try socket.send(DNSMessageTests.query("db.default.internal", type).bytes())
                let bytes = try #require(socket.receive())
                #expect(Int(bytes[6]) << 8 | Int(bytes[7]) == count)
                #expect(bytes[3] & 15 == 0)
            }
            #expect(try ask(DNSMessageTests.query("nobody.default.internal"), port).code == .noName)
            #expect(try ask(DNSMessageTests.query("1.0.213.10.in-addr.arpa", .pointer), port).code == .ok)
        }
    }

    @Test("whoever is no task is refused, and so is what no task may ask")
    func refused() async throws {
        try await serve { port in
            #expect(try ask(DNSMessageTests.query("web"), port, as: 3).code == .refused)
            var transfer = try DNSMessageTests.query("web", .init(rawValue: 252))
            #expect(try ask(transfer, port).code == .refused)
            transfer.operation = 5
            #expect(try ask(transfer, port).code == .notImplemented)
            #expect(try ask(DNSMessage(id: 7), port).code == .malformed)
            let socket = try LoopbackSocket(host: 2)
            try socket.connect(to: port)
            // Answers and pieces are not answered; a query that cannot be read is.
            try socket.send(DNSMessage(answering: try DNSMessageTests.query("web")).bytes())
            try socket.send([1, 2, 3])
            try socket.send([0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 12, 0, 1, 0, 1])
            let answer = try DNSMessage(try #require(socket.receive()))
            #expect(answer.id == 9 && answer.code == .malformed)
        }
    }

    @Test("a query that is too long is not read")
    func tooLong() throws {
        let query = try DNSMessageTests.query("web").bytes()
        let own = OwnAnswers(names: Names())
        let asker = try #require(IPv4Address("127.0.0.2"))
        for (length, code) in [(4096, DNSMessage.Code.ok), (4097, .malformed)] {
            let bytes = query + [UInt8](repeating: 0, count: length - query.count)
            guard case .answer(let answer) = own.step(for: bytes, from: asker) else {
                Issue.record("no answer")
                continue
            }
            #expect(answer.code == code)
        }
    }

    @Test("other names are asked of the host's servers, under another id, and the answer comes as it is")
    func forwarded() async throws {
        let upstream = try LoopbackSocket()
        let port = Int(upstream.port)
        let server = UpstreamThread(upstream) { query in
            var answer = query
            answer[2] |= 0x80
            return [answer + [0xAB]]
        }
        try await serve([.init(host: "127.0.0.1", port: port)]) { port in
            let socket = try LoopbackSocket(host: 2)
            try socket.connect(to: port)
            for id in [UInt16(1), 2, 3] {
                try socket.send(DNSMessageTests.query("example.org", id: id).bytes())
                let bytes = try #require(socket.receive())
                #expect(bytes.last == 0xAB)
                #expect(UInt16(bytes[0]) << 8 | UInt16(bytes[1]) == id)
            }
        }
        let seen = server.stop()
        #expect(Set(seen.map(\.port)).count == seen.count, "each from a port of its own")
        #expect(seen.map { UInt16($0.bytes[0]) << 8 | UInt16($0.bytes[1]) } != [1, 2, 3])
    }

    @Test("a long answer comes whole")
    func long() async throws {
        let upstream = try LoopbackSocket()
        let port = Int(upstream.port)
        let server = UpstreamThread(upstream) { query in
            var answer = query
            answer[2] |= 0x80
            return [answer + [UInt8](repeating: 0xAB, count: 4000)]
        }
        try await serve([.init(host: "127.0.0.1", port: port)]) { port in
            let socket = try LoopbackSocket(host: 2)
            try socket.connect(to: port)
            let query = try DNSMessageTests.query("example.org").bytes()
            try socket.send(query)
            #expect(socket.receive()?.count == query.count + 4000)
        }
        _ = server.stop()
    }

    @Test("a forged answer is passed over: wrong id, other question, no answer at all")
    func forged() async throws {
        let upstream = try LoopbackSocket()
        let port = Int(upstream.port)
        let server = UpstreamThread(upstream) { query in
            var right = query
            right[2] |= 0x80
            var wrongID = right
            wrongID[0] ^= 0xFF
            var other = right
            other[13] ^= 0x01
            return [[1, 2], query, wrongID, other, right + [0xCD]]
        }
        try await serve([.init(host: "127.0.0.1", port: port)]) { port in
            let socket = try LoopbackSocket(host: 2)
            try socket.connect(to: port)
            try socket.send(DNSMessageTests.query("example.org").bytes())
            #expect(socket.receive()?.last == 0xCD)
        }
        _ = server.stop()
    }

    @Test("a silent, a closed and a failing server are passed over for the next; without any, it is a failure")
    func nextServer() async throws {
        let silent = try LoopbackSocket()
        let closed = try LoopbackSocket().port
        let failing = try LoopbackSocket()
        let failingPort = Int(failing.port)
        let failingServer = UpstreamThread(failing) { query in
            var answer = query
            (answer[2], answer[3]) = (answer[2] | 0x80, 2)
            return [answer]
        }
        let good = try LoopbackSocket()
        let goodPort = Int(good.port)
        let goodServer = UpstreamThread(good) { query in
            var answer = query
            answer[2] |= 0x80
            return [answer + [0xEF]]
        }
        let servers = [Int(silent.port), Int(closed), failingPort, goodPort].map {
            ResolverSettings.Endpoint(host: "127.0.0.1", port: $0)
        }
        try await serve(servers, change: { $0.patience = .seconds(10) }) { port in
            let socket = try LoopbackSocket(host: 2)
            try socket.connect(to: port)
            try socket.send(DNSMessageTests.query("example.org").bytes())
            #expect(socket.receive()?.last == 0xEF)
        }
        try await serve([servers[1]]) { port in
            let answer = try ask(DNSMessageTests.query("example.org"), port)
            #expect(answer.code == .serverFailure)
        }
        try await serve([servers[2]]) { port in
            let answer = try ask(DNSMessageTests.query("example.org"), port)
            #expect(answer.code == .serverFailure)
        }
        _ = (failingServer.stop(), goodServer.stop())
        withExtendedLifetime(silent.port) {}
    }

    @Test("over TCP: own names, several queries, in pieces")
    func stream() async throws {
        try await serve { port in
            let socket = try LoopbackSocket(host: 2, stream: true)
            try socket.connect(to: port)
            let query = try DNSMessageTests.query("db.default.internal").bytes()
            let framed = [0, UInt8(query.count)] + query
            try socket.send(Array(framed.prefix(5)))
            try socket.send(Array(framed.dropFirst(5)) + framed)
            var received: [UInt8] = []
            while received.count < 4 || received.count < 2 * (2 + Int(received[0]) << 8 + Int(received[1])) {
                received += try #require(socket.receive())
            }
            #expect(try DNSMessage(Array(received[2..<2 + Int(received[1])])).code == .ok)
        }
    }

    @Test("a task has a bounded number of queries under way")
    func bounded() async throws {
        let silent = try LoopbackSocket()
        let server = ResolverSettings.Endpoint(host: "127.0.0.1", port: Int(silent.port))
        let shares = Shares(perTask: 2, inAll: 3)
        let (first, second) = (IPv4Address(1), IPv4Address(2))
        #expect([shares.enter(first), shares.enter(first), shares.enter(first)] == [true, true, false])
        #expect([shares.enter(second), shares.enter(second)] == [true, false])
        shares.leave(first)
        #expect(shares.enter(second))
        try await serve([server], change: { ($0.perTask, $0.patience) = (1, .seconds(3)) }) { port in
            let socket = try LoopbackSocket(host: 2)
            try socket.connect(to: port)
            try socket.send(DNSMessageTests.query("example.org", id: 1).bytes())
            try socket.send(DNSMessageTests.query("example.com", id: 2).bytes())
            try socket.send(DNSMessageTests.query("web", id: 3).bytes())
            // An own name takes no share; the second was dropped; the first ends in a failure.
            #expect(try DNSMessage(try #require(socket.receive())).id == 3)
            #expect(try DNSMessage(try #require(socket.receive())).id == 1)
            try socket.send(DNSMessageTests.query("web", id: 4).bytes())
            #expect(try DNSMessage(try #require(socket.receive())).id == 4)
        }
        withExtendedLifetime(silent.port) {}
    }

    @Test("a task that asks too often is not heard for a while, over either way; the others are")
    func tooOften() async throws {
        try await serve(change: { $0.rate = 3 }) { port in
            let stream = try LoopbackSocket(host: 2, stream: true)
            try stream.connect(to: port)
            let query = try DNSMessageTests.query("web").bytes()
            // The fourth ends the connection, however fast the first three are; more are sent for a slow machine.
            try stream.send((0..<200).flatMap { _ in [0, UInt8(query.count)] + query })
            var received = 0
            while let bytes = stream.receive(), !bytes.isEmpty { received += bytes.count }
            #expect(received < 200 * (2 + query.count + 16))
            #expect(try ask(DNSMessageTests.query("web"), port, as: 3).code == .refused)
        }
    }

    @Test("nameserver lines of resolv.conf, three at most, and none with a zone")
    func resolvConf() {
        let text = """
            # comment
            search example.org
            nameserver 192.0.2.1
            nameserver\t2001:db8::1
            nameserver fe80::1%eth0
            nameserver 192.0.2.4
            nameserver nonsense
            """
        #expect(Nameservers.parse(text).map(\.host) == ["192.0.2.1", "2001:db8::1", "192.0.2.4"])
    }
}

/// Runs what blocks on a thread of its own.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Result(catching: body)) }
        thread.start()
    }
}
