import Glibc
import Testing

@testable import BerthLinux

/// Each test is a thread in a network namespace of its own.
@Suite("The kernel's links")
struct NetlinkSocketTests {
    @Test("a pair is made in two namespaces at once, with addresses, neighbours and a bound rate")
    func pair() async throws {
        try await inNewNamespace {
            let routes = try NetlinkSocket(.route)
            let home = try NetworkNamespace.current()
            try NetworkNamespace.enterNew()
            let other = try NetworkNamespace.current()
            let inside = try NetlinkSocket(.route)
            try NetworkNamespace.enter(home.number)
            let (near, far) = ([2, 0, 0, 0, 0, 1] as [UInt8], [2, 0, 0, 0, 0, 2] as [UInt8])
            let answers = try routes.perform([
                LinkRequest.makeBridge("hub0", address: [2, 0, 0, 0, 0, 9], mtu: 1400), LinkRequest.find("hub0"),
            ])
            let hub = try #require(answers[1].first.flatMap(NetworkLink.init))
            #expect(hub.kind == "bridge" && hub.mtu == 1400 && hub.address == [2, 0, 0, 0, 0, 9] && !hub.isUp)
            try routes.perform([
                LinkRequest.setAlias(hub.index, "hub0", "whose it is"),
                LinkRequest.makePair(
                    .init(name: "near0", address: near), .init(name: "far0", address: far), in: other.number, mtu: 1400,
                    master: hub.index),
            ])
            let link = try #require(try routes.perform(LinkRequest.find("near0")).first.flatMap(NetworkLink.init))
            #expect(link.kind == "veth" && link.master == hub.index && link.address == near)
            #expect(
                try routes.perform(LinkRequest.find("hub0")).first.flatMap(NetworkLink.init)?.alias == "whose it is")
            try routes.perform([
                LinkRequest.isolatePort(link.index, "near0"), LinkRequest.withoutOwnAddresses(link.index, "near0"),
                LinkRequest.setUp(link.index, "near0"), LinkRequest.setUp(hub.index, "hub0"),
                AddressRequest.add([192, 0, 2, 1], prefix: 24, to: hub.index),
                AddressRequest.addNeighbour([192, 0, 2, 7], at: far, index: hub.index),
                AddressRequest.addForwarding(of: far, to: link.index),
                RateRequest.bound(link.index, "near0", bitsPerSecond: 8_000_000),
            ])
            #expect(
                try routes.dump(AddressRequest.list()).compactMap(NetworkAddress.init).contains {
                    $0.address == [192, 0, 2, 1] && $0.prefix == 24 && $0.index == hub.index
                })
            #expect(
                try routes.dump(AddressRequest.listNeighbours()).compactMap(NetworkNeighbour.init).contains {
                    $0.address == [192, 0, 2, 7] && $0.isPermanent
                })
            #expect(
                try routes.dump(RateRequest.list()).compactMap(RateBound.init).map(\.bitsPerSecond) == [8_000_000])
            let end = try #require(try inside.perform(LinkRequest.find("far0")).first.flatMap(NetworkLink.init))
            #expect(end.address == far && end.mtu == 1400)
            try inside.perform([
                LinkRequest.setUp(end.index, "far0"), AddressRequest.add([192, 0, 2, 7], prefix: 32, to: end.index),
                AddressRequest.addDefaultRoute(via: [192, 0, 2, 1], index: end.index),
            ])
            #expect(
                try inside.dump(AddressRequest.listRoutes()).compactMap(NetworkRoute.init).contains {
                    $0.prefix == 0 && $0.isUnicast && $0.index == end.index
                })
            #expect(try routes.perform(LinkRequest.find("near0")).first.flatMap(NetworkLink.init)?.counters != nil)
            try routes.perform(LinkRequest.delete("near0"))
            #expect(throws: LinuxError.self) { try inside.perform(LinkRequest.find("far0")) }
        }
    }

    @Test("a batch longer than the socket's queue is answered in order, and links go by group at once")
    func batch() async throws {
        try await inNewNamespace {
            let routes = try NetlinkSocket(.route)
            let names = (0..<150).map { "hub\($0)" }
            try routes.perform(names.map { LinkRequest.makeBridge($0, address: [2, 0, 0, 0, 0, 9], mtu: 1500) })
            let found = try routes.outcomes(of: (names + ["none"]).map { LinkRequest.find($0) })
            #expect(
                try found.dropLast().map { try $0.get().first.flatMap(NetworkLink.init)?.name } == names.map { $0 })
            #expect(throws: LinuxError.self) { _ = try found.last?.get() }
            try routes.perform(names.map { LinkRequest.setGroup($0, 77) } + [LinkRequest.delete(group: 77)])
            #expect(try routes.dump(LinkRequest.list()).compactMap(NetworkLink.init).map(\.name) == ["lo"])
        }
    }

    @Test("an error says what was tried on what, and why")
    func error() async throws {
        try await inNewNamespace {
            let routes = try NetlinkSocket(.route)
            let bridge = LinkRequest.makeBridge("hub0", address: [2, 0, 0, 0, 0, 9], mtu: 1500)
            try routes.perform(bridge)
            let error = #expect(throws: LinuxError.self) { try routes.perform(bridge) }
            #expect(error?.errno == .fileExists)
            #expect(error?.description.hasPrefix("cannot make bridge hub0: File exists") == true)
        }
    }

    @Test("a socket of a group hears what others do")
    func notices() async throws {
        try await inNewNamespace {
            let links: Int32 = 1  // RTNLGRP_LINK
            let watch = try NetlinkSocket(.route, groups: [links])
            #expect(try watch.notices().isEmpty)
            try NetlinkSocket(.route).perform(LinkRequest.makeBridge("hub0", address: [2, 0, 0, 0, 0, 9], mtu: 1500))
            #expect(try watch.notices().compactMap(NetworkLink.init).contains { $0.name == "hub0" })
        }
    }

    private func inNewNamespace(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do {
                try startThread(name: "netlink-test") {
                    continuation.resume(
                        with: Result {
                            try NetworkNamespace.enterNew()
                            try body()
                        })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
