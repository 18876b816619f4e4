import BerthLinux
import BerthModel
import Foundation
import Glibc
import Testing

@testable import BerthNetwork

/// A host of a test's own, with a link to an outside: 192.0.2.1 and 2001:db8::1 here, 192.0.2.2 and 2001:db8::2 there.
struct Machine: Sendable {
    let host: TestNamespace
    let outside: TestNamespace
    let directory: String

    static let hostAddress = "192.0.2.1"
    static let outsideAddress = "192.0.2.2"
    static let outsideAddress6 = "2001:db8::2"

    /// Runs `body` on a new machine; its files go afterwards.
    static func with<Value>(_ body: (Machine) async throws -> Value) async throws -> Value {
        var template = Array("/tmp/berth-network-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LinuxError("make", "a directory", errno: .current) }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let machine = Machine(host: try await .make(), outside: try await .make(), directory: directory)
        try await machine.wire()
        return try await body(machine)
    }

    func settings(
        subnet: String = "10.213.0.0/16", subnet6: String? = "fdbe:27b0:4e11::/64", pool: Int = 2,
        connections: UInt32 = 16_384, groups: [SecurityGroup] = [], owner: String = "/srv/berth"
    ) throws -> NetworkSettings {
        NetworkSettings(
            subnet: try #require(IPv4Block(subnet)), subnet6: try subnet6.map { try #require(IPv6Block($0)) },
            pool: pool,
            connections: connections, securityGroups: groups, owner: owner, memory: directory + "/settings",
            host: host.descriptor, report: { print("report: \($0)") })
    }

    private func wire() async throws {
        let outside = outside.descriptor
        try await host.run {
            let routes = try NetlinkSocket(.route)
            try routes.perform([
                LinkRequest.makePair(
                    .init(name: "up0", address: [2, 0, 0, 0, 0, 1]), .init(name: "down0", address: [2, 0, 0, 0, 0, 2]),
                    in: outside.number, mtu: 1500)
            ])
            try Self.configure("up0", 1, routes, defaultVia: 2)
        }
        try await self.outside.run { try Self.configure("down0", 2, NetlinkSocket(.route), defaultVia: nil) }
    }

    private static func configure(
        _ name: String, _ last: UInt8, _ routes: NetlinkSocket, defaultVia gateway: UInt8?
    ) throws {
        let link = try #require(try routes.perform(LinkRequest.find(name)).first.flatMap(NetworkLink.init))
        try routes.perform(
            [
                LinkRequest.withoutOwnAddresses(link.index, name), LinkRequest.setUp(link.index, name),
                AddressRequest.add([192, 0, 2, last], prefix: 24, to: link.index),
                AddressRequest.add(ipv6(last), prefix: 64, to: link.index),
                // Without a link-local address nobody could ask for it on behalf of a task.
                AddressRequest.addNeighbour(ipv6(3 - last), at: [2, 0, 0, 0, 0, 3 - last], index: link.index),
            ])
        guard let gateway else { return }
        try routes.perform([
            AddressRequest.addDefaultRoute(via: [192, 0, 2, gateway], index: link.index),
            AddressRequest.addDefaultRoute(via: ipv6(gateway), index: link.index),
        ])
    }

    private static func ipv6(_ last: UInt8) -> [UInt8] {
        [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [last]
    }
}

extension Sandbox {
    /// The task's side, for what a process in it would do.
    func inside() throws -> TestNamespace { TestNamespace(try #require(namespace).network) }
    func link() throws -> TaskLink { try #require(network.link) }

    /// What a container will see below `/sys/class/net`.
    func shownLinks() throws -> [String] {
        let sysfs = try #require(namespace).sysfs
        return try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd/\(sysfs.number)/class/net").sorted()
    }
}
