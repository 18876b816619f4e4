import BerthAPI
import BerthEngine
import BerthModel
import BerthNetwork
import Logging
import ServiceLifecycle
import Synchronization

/// On which ports of their addresses the servers for tasks listen.
struct TaskServerPorts: Equatable, Sendable {
    /// Of the server that tasks reach at 169.254.170.2, port 80.
    var metadata: UInt16
    /// Of the one that they reach at 169.254.169.253, port 53, over UDP and TCP.
    var resolver: UInt16
}

/// The servers of the daemon that tasks reach: what they ask about themselves, and names.
struct TaskServers: Service {
    private let endpoints: EndpointServer
    private let resolver: Resolver
    private let ports: Ports

    /// - Parameters:
    ///   - facts: where tasks look for them.
    ///   - nameservers: for names that are no task's; empty for the host's.
    ///   - onReady: called once with the ports on which they listen, for the firewall to lead tasks there.
    init(
        _ engine: Engine, facts: NetworkFacts, keys: RoleKeys, nameservers: [String], logger: Logger,
        onReady: @escaping @Sendable (TaskServerPorts) async throws -> Void
    ) {
        let ports = Ports(then: onReady)
        self.ports = ports
        endpoints = EndpointServer(
            // Any port: whatever the host has on 80 is in nobody's way.
            address: ListenAddress(host: "\(facts.metadata)", port: 0), source: engine, keys: keys, logger: logger
        ) { port in ports.note { $0.metadata = UInt16(clamping: port) } }
        resolver = Resolver(
            ResolverSettings(
                listen: .init(host: "\(facts.resolver)", port: 0), nameservers: nameservers.map { .init(host: $0) }),
            names: engine
        ) { port in ports.note { $0.resolver = UInt16(clamping: port) } }
    }

    /// Returns when tasks reach them.
    func untilReady() async { await ports.untilReady() }

    /// Serves until graceful shutdown.
    ///
    /// - Throws: what kept one of them from listening, or the firewall from leading tasks there.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await endpoints.run() }
            group.addTask {
                do { try await cancelWhenGracefulShutdown { try await resolver.run() } } catch is CancellationError {}
            }
            group.addTask { try await ports.announce() }
            for try await _ in group {}
        }
    }

    /// Waits for both ports, then says so once.
    private final class Ports: Sendable {
        private let found = Mutex<(metadata: UInt16?, resolver: UInt16?)>((nil, nil))
        private let (both, noteBoth) = AsyncStream<TaskServerPorts>.makeStream()
        private let (ready, noteReady) = AsyncStream<Void>.makeStream()
        private let then: @Sendable (TaskServerPorts) async throws -> Void

        init(then: @escaping @Sendable (TaskServerPorts) async throws -> Void) { self.then = then }

        func note(_ change: (inout (metadata: UInt16?, resolver: UInt16?)) -> Void) {
            let found = found.withLock { found in
                change(&found)
                return found
            }
            guard let metadata = found.metadata, let resolver = found.resolver else { return }
            noteBoth.yield(TaskServerPorts(metadata: metadata, resolver: resolver))
            noteBoth.finish()
        }

        func announce() async throws {
            defer { noteReady.finish() }
            for await ports in both { try await then(ports) }
        }

        func untilReady() async { for await _ in ready {} }
    }
}
