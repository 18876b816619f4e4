import BerthEngine
import BerthModel
import BerthNetwork
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// What every task finds at 169.254.170.2: its metadata, its statistics, the credentials of its role, its agent.
///
/// It asks for no signature: who asks is known by the address, which the firewall keeps a task from forging.
public struct EndpointServer: Service {
    /// Seconds that a connection may be silent, and connections of one task and of all.
    private static let idle: Int64 = 30
    static let connectionsPerTask = 32
    private static let connectionsInAll = 1024

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
        let application = Application(
            responder: responder,
            server: HTTPServerBuilder { responder in
                SharedChannel(
                    http: HTTP1Channel(responder: responder, configuration: .init(idleTimeout: .seconds(Self.idle))),
                    shares: shares)
            },
            configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? address.port) },
            logger: quiet)
        do {
            try await application.run()
        } catch {
            throw ListenError(error, address: "\(address)")
        }
    }
}
