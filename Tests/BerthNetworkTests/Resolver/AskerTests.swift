import BerthModel
import NIOCore
import Testing

@testable import BerthNetwork

@Suite("Who asks the resolver or the metadata endpoint")
struct AskerTests {
    @Test("is known by an IPv4 address, and by no address of another family")
    func family() throws {
        let known = try NIOCore.SocketAddress(ipAddress: "10.213.0.5", port: 4000)
        #expect(IPv4Address(known) == IPv4Address("10.213.0.5"))
        // Also not by one that stands for an IPv4 address: the servers listen on IPv4 alone.
        for other in ["::1", "::ffff:10.213.0.5", "fdbe:27b0:4e11::5"] {
            #expect(IPv4Address(try NIOCore.SocketAddress(ipAddress: other, port: 4000)) == nil, "\(other)")
        }
        #expect(IPv4Address(try NIOCore.SocketAddress(unixDomainSocketPath: "/run/asker")) == nil)
    }
}
