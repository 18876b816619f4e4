import BerthEngine
import BerthModel
import BerthNetwork
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// What every task finds at 169.254.170.2: its metadata, its statistics, the credentials of its role, its agent.
///
/// It asks for no signature: who asks is known by the address, which the firewall keeps a task from forging.
public struct EndpointServer: Service {
    /// Connections of one task.
    static let connectionsPerTask = 16
    /// It takes 256 tasks to keep the others from asking.
    private static let connectionsInAll = 4096
    /// How long a connection may be silent.
    var idle = TimeAmount.seconds(30)
    /// How long a connection may last.
    var life = TimeAmount.seconds(60)
    /// How long requests under way may take to end on graceful shutdown; a client that reads no more is cut then.
    var stopGrace = Duration.seconds(5)

    private let address: ListenAddress
    private let responder: EndpointResponder
    private let logger: Logger
    private let onReady: @Sendable (_ port: Int) async -> Void

    /// - Parameters:
    ///   - address: IPv4, of this host.
    ///   - keys: give the credentials; nil gives none.
    ///   - onReady: called once with the port, when requests are taken.
    public init(
        address: ListenAddress, source: any EndpointSource, keys: RoleKeys?, logger: Logger,
        onReady: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.address = address
        responder = EndpointResponder(source: source, keys: keys, logger: logger) { Int(Date().timeIntervalSince1970) }
        self.logger = logger
        self.onReady = onReady
    }

    /// Serves until graceful shutdown.
    ///
    /// - Throws: ``ListenError`` when the address cannot be listened on.
    public func run() async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .critical)
        let shares = Shares(perTask: Self.connectionsPerTask, inAll: Self.connectionsInAll)
        let isRunning = Mutex(false)
        let application = Application(
            responder: responder,
            server: HTTPServerBuilder { responder in
                SharedChannel(
                    http: HTTP1Channel(responder: responder, configuration: .init(idleTimeout: idle)),
                    shares: shares, life: life)
            },
            configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
            onServerRunning: { channel in
                isRunning.withLock { $0 = true }
                await onReady(channel.localAddress?.port ?? address.port)
            },
            logger: quiet)
        var group = ServiceGroupConfiguration(services: [application], logger: quiet)
        group.maximumGracefulShutdownDuration = stopGrace
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            if isRunning.withLock({ $0 }) { throw error }
            throw ListenError(error, address: "\(address)")
        }
    }
}
