import BerthLinux
import Glibc
import Synchronization
import Testing

@testable import BerthAPI

@Suite("The connections of a task to its endpoints")
struct ConnectionBoundsTests {
    @Test("those beyond its share are closed, hold no descriptor, and keep no server from its end")
    func refused() async throws {
        // That this returns is half of the test: a channel that nobody closes keeps the server running.
        try await LiveEndpoints.run(change: { ($0.life, $0.idle) = (.hours(1), .hours(1)) }) { server in
            var held: [Held] = []
            for _ in 0..<EndpointServer.connectionsPerTask {
                let connection = try server.connection(from: 2)
                // Once it is answered it has its share, and it stays open.
                let request = Array("GET /v4/f-0 HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
                try check("send on", "a socket") { send(connection.number, request, request.count, 0) }
                let isCut = LiveEndpoints.isCut(connection)
                #expect(!isCut)
                held.append(Held(connection))
            }
            #expect(try server.ask("/v4/f-0", from: 3).status == 200)
            for _ in 0..<40 {
                let isCut = LiveEndpoints.isCut(try server.connection(from: 2))
                try #require(isCut)
            }
            #expect(try Self.sockets(with: server.port) <= EndpointServer.connectionsPerTask + 2)
            withExtendedLifetime(held) {}
        }
    }

    @Test("one that lasts too long is cut, before it would be for its silence")
    func life() async throws {
        try await LiveEndpoints.run(change: { ($0.life, $0.idle) = (.milliseconds(200), .hours(1)) }) { server in
            let isCut = LiveEndpoints.isCut(try server.connection(from: 2))
            #expect(isCut)
        }
    }

    @Test("a client that reads no answer does not keep the server from its end")
    func unread() async throws {
        let clients = Mutex<[Held]>([])
        try await LiveEndpoints.run(change: { ($0.life, $0.stopGrace) = (.hours(1), .milliseconds(200)) }) { server in
            let client = Held(try server.connection(from: 2))
            var patience = timeval(tv_sec: 1, tv_usec: 0)
            let number = client.descriptor.number
            setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            let request = "GET /v4/0-0/taskWithTags HTTP/1.1\r\nHost: h\r\n\r\n"
            let requests = Array(String(repeating: request, count: 1000).utf8)
            // Until the server, which cannot write, reads no more.
            while requests.withUnsafeBytes({ send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }) > 0 {}
            // It stays open: its end would be the server's way out.
            clients.withLock { $0.append(client) }
        }
        clients.withLock { $0 = [] }
    }

    @Test("who asks for what is not its own is bounded too")
    func strange() async throws {
        try await LiveEndpoints.run { server in
            let statuses = try server.statuses("/v4/f-0", times: 400)
            #expect(statuses == [404, 429])
        }
    }

    /// A descriptor that an array can hold.
    private final class Held: Sendable {
        let descriptor: OwnedDescriptor
        init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
    }

    /// How many sockets of this process are bound to a port: those of the server.
    private static func sockets(with port: Int) throws -> Int {
        let directory = try OwnedDescriptor.open("/proc/self/fd", flags: O_RDONLY | O_DIRECTORY)
        return try directory.entryNames("descriptors").filter { name in
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let number = Int32(atoi(name))
            let result = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &size) }
            }
            return result == 0 && address.sin_family == sa_family_t(AF_INET)
                && Int(UInt16(bigEndian: address.sin_port)) == port
        }.count
    }
}
