import BerthLinux
import Glibc
import Testing

@testable import BerthAPI

@Suite("The connections of a task to its endpoints")
struct ConnectionBoundsTests {
    @Test("those beyond its share are closed, hold no descriptor, and keep no server from its end")
    func refused() async throws {
        // That this returns is half of the test: a channel that nobody closes keeps the server running.
        try await LiveEndpoints.run { server in
            var held: [Held] = []
            for _ in 0..<EndpointServer.connectionsPerTask {
                held.append(Held(try server.connection(from: 2)))
            }
            // They have been accepted once another task, which comes after them, is answered.
            #expect(try server.ask("/v4/f-0", from: 3).status == 200)
            for _ in 0..<40 {
                let refused = try server.connection(from: 2)
                #expect(LiveEndpoints.isCut(refused))
            }
            #expect(try Self.sockets(with: server.port) <= EndpointServer.connectionsPerTask + 2)
            withExtendedLifetime(held) {}
        }
    }

    /// A descriptor that an array can hold.
    private final class Held {
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
