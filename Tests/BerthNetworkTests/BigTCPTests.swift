import BerthLinux
import BerthModel
import Glibc
import Testing

@testable import BerthNetwork

@Suite("TCP in segments larger than an IP packet")
struct BigTCPTests {
    @Test("is for tasks whose every way out takes them, if nothing else is asked for")
    func automatic() {
        func segments(_ setting: BigTCP, _ uplinks: [UInt32]) -> LargestSegments {
            LargestSegments(setting, uplinks: uplinks, isKnown: true)
        }
        let (large, usual) = (LargestSegments.large, LargestSegments.usual)
        #expect(segments(.automatic, []).task == large)
        #expect(segments(.automatic, [large]).task == large)
        #expect(segments(.automatic, [large, usual]).task == nil)
        #expect(segments(.automatic, [usual]).host == large)
        #expect(segments(.always, [usual]).task == large)
        #expect(segments(.never, []).host == nil)
        #expect(segments(.never, []).task == nil)
        #expect(LargestSegments(.always, uplinks: [], isKnown: false).host == nil)
    }

    @Test(
        "carries data whole between tasks and to the outside, by both families", arguments: [BigTCP.always, .automatic])
    func whole(setting: BigTCP) async throws {
        try await Machine.with { machine in
            var settings = try machine.settings()
            settings.bigTCP = setting
            let network = try await HostNetwork.start(settings, holding: [])
            let one = try await network.take(NetworkRequest(id: "one", mode: .awsvpc))
            let two = try await network.take(NetworkRequest(id: "two", mode: .awsvpc))
            let link = try two.link()
            let receiver = try await two.inside().listen()
            for address in ["\(link.ipv4)", "\(try #require(link.ipv6))"] {
                let before = try #require(await network.usage(of: one.network))
                try await one.inside().send(Self.amount, to: address, receiver)
                let after = try #require(await network.usage(of: one.network))
                let frame = (after.sentBytes - before.sentBytes) / (after.sentPackets - before.sentPackets)
                // The machine's way out is a link that nobody gave larger segments.
                let isLarge = setting == .always && address == "\(link.ipv4)"
                #expect((frame > LargestSegments.usual) == isLarge, "\(frame) bytes, to \(address)")
            }
            let outside = try await machine.outside.listen()
            for address in [Machine.outsideAddress, Machine.outsideAddress6] {
                try await one.inside().send(Self.amount, to: address, outside)
            }
            try await machine.host.send(Self.amount, to: "\(link.ipv4)", receiver)
            await network.drain()
        }
    }

    @Test("are given to a bridge of an earlier daemon, and taken from it, as the configuration says")
    func changed() async throws {
        try await Machine.with { machine in
            for (setting, expected) in [
                (BigTCP.never, LargestSegments.usual), (.automatic, LargestSegments.large),
                (.never, LargestSegments.usual),
            ] {
                var settings = try machine.settings()
                settings.bigTCP = setting
                let network = try await HostNetwork.start(settings, holding: [])
                // A bridge takes no more than its ports do.
                _ = try await network.take(NetworkRequest(id: "one", mode: .awsvpc))
                await network.drain()
                let bridge = try #require(try await machine.host.links().first { $0.name == settings.bridge })
                #expect(bridge.largestSegment == expected, "\(setting)")
            }
        }
    }

    /// MiB.
    private static let amount = 48
}

extension TestNamespace {
    /// Sends a block of bytes many times over a new connection, and sees that each arrives as it was.
    func send(_ blocks: Int, to address: String, _ listener: Listener) async throws {
        let connection = try #require(try await connect(address, listener.port))
        let peer = SharedDescriptor(
            OwnedDescriptor(owning: try check("accept", "connection") { accept(listener.socket.number, nil, nil) }))
        try SocketAddress.limit(peer.number, 20_000)
        var generator = SystemRandomNumberGenerator()
        let block = (0..<1 << 17).flatMap { _ in NativeBytes(generator.next() as UInt64).bytes }
        async let whole = Self.onThread {
            var bytes = [UInt8](repeating: 0, count: block.count)
            return (0..<blocks).count { _ in
                recv(peer.number, &bytes, bytes.count, Int32(MSG_WAITALL)) == bytes.count
                    && memcmp(bytes, block, block.count) == 0
            }
        }
        try await Self.onThread {
            for _ in 0..<blocks {
                // A socket that waits takes all of it.
                #expect(Glibc.send(connection.number, block, block.count, 0) == block.count)
            }
        }
        #expect(try await whole == blocks)
    }
}
