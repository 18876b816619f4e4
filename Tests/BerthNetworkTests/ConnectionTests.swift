import BerthLinux
import BerthModel
import Glibc
import Testing

@testable import BerthNetwork

@Suite("Connections that the kernel remembers")
struct ConnectionTests {
    @Test("end with the task: a flow to its address does not pass to the next that gets it", arguments: [false, true])
    func reused(overIPv6: Bool) async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(
                try machine.settings(subnet: "10.213.0.0/29", pool: 0), holding: [])
            func take(_ id: String, _ group: String) async throws -> Sandbox {
                try await network.take(NetworkRequest(id: id, mode: .awsvpc, securityGroups: [group]))
            }
            let peer = try await take("peer", "sg-1")
            let old = try await take("old", "sg-1")
            for number in 0..<3 { _ = try await take("\(number)", "sg-\(number + 10)") }
            let link = try old.link()
            let address = overIPv6 ? "\(try #require(link.ipv6))" : "\(link.ipv4)"
            let sender = try await peer.inside().bindUDP(port: 4000)

            func receiver(_ task: Sandbox) async throws -> Listener {
                // A connection is tried again until both ends of the new link are in use; a datagram is not.
                let ready = try await task.inside().listen()
                #expect(try await machine.host.reaches(address, ready.port))
                return try await task.inside().bindUDP(port: 5000)
            }
            let first = try await receiver(old)
            // Until the sender's own link is in use too.
            let ready = try await peer.inside().listen()
            #expect(try await machine.host.reaches("\(try peer.link().ipv4)", ready.port))
            try sender.send(1, to: address, 5000)
            #expect(try first.next() == 1)
            // Only with an answer it is an established flow.
            let mine = try peer.link()
            try first.send(1, to: overIPv6 ? "\(try #require(mine.ipv6))" : "\(mine.ipv4)", 4000)
            #expect(try sender.next() == 1)
            #expect(try await Self.tracked(machine.host, link).isEmpty == false)
            let count = try await machine.host.run {
                try NetlinkSocket(.netfilter).perform(ConnectionRequest.count()).first.flatMap(ConnectionRequest.count)
            }
            #expect(try #require(count) > 0)

            await network.release(old.network, id: "old")
            let new = try await take("new", "sg-2")
            #expect(try new.link() == link)
            #expect(try await Self.tracked(machine.host, link).isEmpty)
            let second = try await receiver(new)
            try sender.send(2, to: address, 5000)
            // The host may always.
            try await machine.host.bindUDP().send(3, to: address, 5000)
            #expect(try second.next() == 3)
            await network.drain()
        }
    }

    @Test("do not keep datagrams from a port that leads to a task by now")
    func published() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            let sender = try await machine.outside.bindUDP("192.0.2.2", port: 4000)
            let before = try await machine.host.bindUDP("192.0.2.1", port: 5353)
            try sender.send(1, to: Machine.hostAddress, 5353)
            #expect(try before.next() == 1)
            try before.end()
            let port = PublishedPort(container: 0, containerPort: 53, hostPort: 5353, transport: .udp)
            let task = try await network.take(NetworkRequest(id: "one", mode: .bridge, ports: [port]))
            let ready = try await task.inside().listen()
            #expect(try await machine.host.reaches("\(try task.link().ipv4)", ready.port))
            let names = try await task.inside().bindUDP(port: 53)
            try sender.send(2, to: Machine.hostAddress, 5353)
            #expect(try names.next() == 2)
            await network.drain()
        }
    }

    private static func tracked(_ host: TestNamespace, _ link: TaskLink) async throws -> [TrackedConnection] {
        let addresses = [link.ipv4.bytes[...]] + (link.ipv6.map { [$0.bytes[...]] } ?? [])
        return try await host.run {
            try NetlinkSocket(.netfilter).dump(ConnectionRequest.list()).compactMap(TrackedConnection.init)
                .filter { $0.involves(addresses.contains) }
        }
    }
}

extension Listener {
    /// One datagram of one byte, from the socket's own port.
    fileprivate func send(_ byte: UInt8, to address: String, _ port: UInt16) throws {
        // A socket of both families wants IPv4 in the form of the other.
        let isMapped = try SocketAddress.family(of: socket.number) == AF_INET6 && !address.contains(":")
        let address = SocketAddress(isMapped ? "::ffff:\(address)" : address, port)
        try check("send", "\(address)") { address.with { sendto(socket.number, [byte], 1, 0, $0, $1) } }
    }

    /// The next datagram's byte.
    fileprivate func next() throws -> UInt8 {
        try SocketAddress.limit(socket.number, 20_000)
        var byte: UInt8 = 0
        try check("receive", "datagram") { recv(socket.number, &byte, 1, 0) }
        return byte
    }
}

extension SocketAddress {
    fileprivate static func family(of socket: Int32) throws -> Int32 {
        var family: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        try check("read", "socket") { getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size) }
        return family
    }
}
