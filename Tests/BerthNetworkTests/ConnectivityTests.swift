import BerthModel
import Testing

@testable import BerthNetwork

@Suite("A task's traffic")
struct ConnectivityTests {
    @Test("goes to the host and back, to tasks of its group, and to the outside by both families")
    func goes() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            let one = try await network.take(NetworkRequest(id: "one", mode: .awsvpc))
            let two = try await network.take(NetworkRequest(id: "two", mode: .awsvpc))
            let other = try await network.take(NetworkRequest(id: "other", mode: .awsvpc, securityGroups: ["sg-other"]))
            let listener = try await two.inside().listen()
            let (inOne, inOther) = (try one.inside(), try other.inside())
            let (ipv4, ipv6) = ("\(try two.link().ipv4)", "\(try #require(try two.link().ipv6))")
            #expect(try await machine.host.reaches(ipv4, listener.port))
            #expect(try await machine.host.reaches(ipv6, listener.port))
            #expect(try await inOne.reaches(ipv4, listener.port))
            #expect(try await inOne.reaches(ipv6, listener.port))
            #expect(try await inOther.isCutOff(from: ipv4, listener.port))
            #expect(try await inOther.isCutOff(from: ipv6, listener.port))
            let outside = try await machine.outside.listen()
            #expect(try await inOne.reaches(Machine.outsideAddress, outside.port))
            #expect(try outside.nextPeer() == Machine.hostAddress)
            #expect(try await inOne.reaches(Machine.outsideAddress6, outside.port))
            #expect(try outside.nextPeer() == "2001:db8::1")
            let service = try await machine.host.listen()
            #expect(try await inOne.isCutOff(from: "\(network.facts?.gateway.description ?? "")", service.port))
            #expect(try await inOne.isCutOff(from: Machine.hostAddress, service.port))
            let usage = try #require(await network.usage(of: one.network))
            #expect(usage.sentPackets > 0 && usage.receivedPackets > 0)
            await network.drain()
        }
    }
}
