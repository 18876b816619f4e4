import BerthLinux
import BerthModel
import Glibc
import Testing

@testable import BerthNetwork

@Suite("A namespace that is handed out")
struct FirstPacketTests {
    @Test("passes its first datagram in each direction, also when it was made on demand")
    func first() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(pool: 0), holding: [])
            let outside = try await machine.outside.bindUDP(port: 4000)
            let host = try await machine.host.bindUDP()
            for number in 0..<24 {
                let task = try await network.take(NetworkRequest(id: "\(number)", mode: .awsvpc))
                let address = try task.link().ipv4
                if number.isMultiple(of: 2) {
                    try await task.inside().run { try Self.sendOne(to: Machine.outsideAddress, 4000) }
                    #expect(try Self.arrives(outside), "from task \(number)")
                } else {
                    let inside = try await task.inside().bindUDP(port: 5000)
                    let target = SocketAddress("::ffff:\(address)", 5000)
                    try check("send", "\(target)") { target.with { sendto(host.socket.number, [1], 1, 0, $0, $1) } }
                    #expect(try Self.arrives(inside), "to task \(number)")
                }
                await network.release(task.network, id: "\(number)")
            }
            await network.drain()
        }
    }

    @Test("has a link that runs, at both ends")
    func running() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(pool: 0), holding: [])
            for number in 0..<8 {
                let task = try await network.take(NetworkRequest(id: "\(number)", mode: .awsvpc))
                // A list shows what the kernel has noticed; asked for one link it would look first.
                #expect(try await task.inside().links().first { $0.name == "eth0" }?.isRunning == true)
                let name = try task.link().hostName
                #expect(
                    try await machine.host.links().filter { [name, "berth0"].contains($0.name) }.map(\.isRunning) == [
                        true, true,
                    ])
                await network.release(task.network, id: "\(number)")
            }
            await network.drain()
        }
    }

    @Test("waits for a link whose other end is late, and names one that never comes")
    func late() async throws {
        let (here, there) = (try await TestNamespace.make(), try await TestNamespace.make())
        let far = there.descriptor
        let near = try await here.run {
            let routes = try NetlinkSocket(.route)
            try routes.perform(
                LinkRequest.makePair(
                    .init(name: "near0", address: [2, 0, 0, 0, 0, 1]),
                    .init(name: "far0", address: [2, 0, 0, 0, 0, 2]),
                    in: far.number, mtu: 1500))
            let found = try routes.perform(LinkRequest.find("near0")).first.flatMap(NetworkLink.init)
            let index = try #require(found).index
            try routes.perform(LinkRequest.setUp(index, "near0"))
            let error = #expect(throws: LinuxError.self) {
                try LinkReadiness.wait(for: [(index, "near0")], routes, within: .milliseconds(1))
            }
            #expect(error?.errno == .timedOut)
            #expect("\(try #require(error))".contains("near0"))
            return index
        }
        async let waited: Void = here.run {
            try LinkReadiness.wait(for: [(near, "near0"), (near + 1000, "gone")], NetlinkSocket(.route))
        }
        try await there.run {
            let routes = try NetlinkSocket(.route)
            let found = try routes.perform(LinkRequest.find("far0")).first.flatMap(NetworkLink.init)
            try routes.perform(LinkRequest.setUp(try #require(found).index, "far0"))
        }
        try await waited
        #expect(try await here.links().first { $0.name == "near0" }?.isRunning == true)
    }

    private static func sendOne(to address: String, _ port: UInt16) throws {
        let address = SocketAddress(address, port)
        let socket = try SocketAddress.socket(address.family, SOCK_DGRAM)
        try check("send", "\(address)") { address.with { sendto(socket.number, [1], 1, 0, $0, $1) } }
    }

    /// What is lost is not sent again: a busy machine may need seconds for what is not.
    private static func arrives(_ listener: Listener) throws -> Bool {
        try SocketAddress.limit(listener.socket.number, 5_000)
        var byte: UInt8 = 0
        return recv(listener.socket.number, &byte, 1, 0) == 1
    }
}
