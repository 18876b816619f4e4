import BerthModel
import Foundation
import Testing

@Suite("Published ports")
struct PublishedPortTests {
    private static func decoded(_ json: String) throws -> PublishedPort {
        try JSONDecoder().decode(PublishedPort.self, from: Data(json.utf8))
    }

    @Test("of a range are kept as one, and are each for itself where that is asked for")
    func range() throws {
        let port = PublishedPort(container: 1, containerPort: 7000, hostPort: 50_000, transport: .udp, count: 3)
        let json = String(decoding: try JSONEncoder().encode(port), as: UTF8.self)
        #expect(try Self.decoded(json) == port)
        #expect(port.containerPorts == 7000...7002 && port.hostPorts == 50_000...50_002)
        #expect(port.each.map(\.containerPort) == [7000, 7001, 7002])
        #expect(port.each.map(\.hostPort) == [50_000, 50_001, 50_002])
        #expect(port.each.allSatisfy { $0.container == 1 && $0.transport == .udp && $0.count == 1 })
        var wish = port
        wish.hostPort = 0
        #expect(wish.each.map(\.hostPort) == [0, 0, 0])
    }

    @Test("that an earlier version wrote are one each")
    func earlier() throws {
        let port = try Self.decoded(#"{"container":0,"containerPort":80,"hostPort":8080,"transport":"tcp"}"#)
        #expect(port == PublishedPort(container: 0, containerPort: 80, hostPort: 8080, transport: .tcp))
    }

    @Test("that are no range are refused", arguments: [("80", "80", "0"), ("80", "80", "-1"), ("80", "65535", "2")])
    func damaged(container: String, host: String, count: String) {
        let json =
            #"{"container":0,"containerPort":\#(container),"hostPort":\#(host),"transport":"tcp","count":\#(count)}"#
        #expect(throws: DecodingError.self) { try Self.decoded(json) }
    }
}
