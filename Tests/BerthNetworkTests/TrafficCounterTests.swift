import BerthLinux
import BerthModel
import Testing

@testable import BerthNetwork

@Suite("What crossed a task's link")
struct TrafficCounterTests {
    @Test("is read in its namespace as the host's end counts it, from the other side")
    func both() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(pool: 0), holding: [])
            let task = try await network.take(NetworkRequest(id: "one", mode: .awsvpc))
            let file = try #require(task.counters.first)
            #expect(file.name == TrafficCounter.name)
            let outside = try await machine.outside.listen()
            #expect(try await task.inside().reaches(Machine.outsideAddress, outside.port))
            // Threads are in namespaces of their own: a shim's process is in one.
            let path = file.path.replacing("/self/", with: "/thread-self/")
            // What a link tells of its multicast groups comes at any time.
            let before = try #require(await network.usage(of: task.network))
            let usage = try #require(
                TrafficCounter.usage(try await task.inside().run { try SmallFile.read(path) }))
            let after = try #require(await network.usage(of: task.network))
            #expect(usage.sentPackets >= 2 && usage.receivedPackets >= 1)
            #expect(usage.sentBytes > 80 && usage.receivedBytes > 50)
            #expect((before.sentPackets...after.sentPackets).contains(usage.sentPackets))
            #expect((before.sentBytes...after.sentBytes).contains(usage.sentBytes))
            #expect((before.receivedPackets...after.receivedPackets).contains(usage.receivedPackets))
            #expect((before.receivedBytes...after.receivedBytes).contains(usage.receivedBytes))
            await network.release(task.network, id: "one")
            await network.drain()
        }
    }

    @Test("is not known without a link, or from anything else")
    func unknown() async throws {
        let bare = try await TestNamespace.make().run { try SmallFile.read("/proc/thread-self/net/dev") }
        #expect(bare.contains("lo:"))
        #expect(TrafficCounter.usage(bare) == nil)
        for content in [
            "", "eth0:", "eth0: 1 2 3", "  eth0: 1 2 0 0 0 0 0 0 x 4 0\n", "eth1: 1 2 0 0 0 0 0 0 3 4 0 0\n",
        ] {
            #expect(TrafficCounter.usage(content) == nil)
        }
        #expect(
            TrafficCounter.usage("heads\n  eth0: 1 2 0 0 0 0 0 0 3 4 0 0\n")
                == NetworkUsage(receivedBytes: 1, receivedPackets: 2, sentBytes: 3, sentPackets: 4))
    }
}
