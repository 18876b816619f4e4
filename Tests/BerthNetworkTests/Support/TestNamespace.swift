import BerthLinux
import Glibc
import Testing

@testable import BerthNetwork

/// A network namespace of a test: a "host", or the outside. It ends with its last reference.
struct TestNamespace: Sendable {
    let descriptor: SharedDescriptor

    init(_ descriptor: SharedDescriptor) { self.descriptor = descriptor }

    /// With its loopback link up.
    static func make() async throws -> TestNamespace {
        let descriptor = try await onThread {
            try NetworkNamespace.enterNew()
            try NetlinkSocket(.route).perform(LinkRequest.setUp(1, "lo"))
            return SharedDescriptor(try NetworkNamespace.current())
        }
        return TestNamespace(descriptor)
    }

    /// Runs `body` on a thread that is in the namespace; sockets that it makes belong there for good.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        let descriptor = descriptor
        return try await Self.onThread {
            try NetworkNamespace.enter(descriptor.number)
            return try body()
        }
    }

    /// What nftables lists.
    func ruleset() async throws -> String { try await run { try Nftables().run("list ruleset") } }

    func nft(_ commands: String) async throws {
        _ = try await run { try Nftables().run(commands) }
    }

    func links() async throws -> [NetworkLink] {
        try await run { try NetlinkSocket(.route).dump(LinkRequest.list()).compactMap(NetworkLink.init) }
    }

    func addresses() async throws -> [NetworkAddress] {
        try await run { try NetlinkSocket(.route).dump(AddressRequest.list()).compactMap(NetworkAddress.init) }
    }

    func neighbours() async throws -> [NetworkNeighbour] {
        try await run {
            try NetlinkSocket(.route).dump(AddressRequest.listNeighbours()).compactMap(NetworkNeighbour.init)
        }
    }

    func rates() async throws -> [RateBound] {
        try await run { try NetlinkSocket(.route).dump(RateRequest.list()).compactMap(RateBound.init) }
    }

    func setting(_ path: String) async throws -> String {
        try await run { String(try SmallFile.read("/proc/sys/net/" + path).prefix { $0 != "\n" }) }
    }

    func set(_ path: String, _ value: String) async throws {
        try await run { try SmallFile.write(value, to: "/proc/sys/net/" + path) }
    }

    static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try startThread(name: HostState.thread + "?") {
                    continuation.resume(with: Result { try body() })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
