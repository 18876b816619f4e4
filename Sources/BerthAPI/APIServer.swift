import BerthEngine
import BerthModel
import BerthTrace
import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import Synchronization

/// The wire: AWS's protocols and Berth's own routes over an ``Engine``, on a TCP address and a unix socket.
///
/// Run it in a `ServiceGroup`: it ends on graceful shutdown after the requests under way, and ends the streams.
public struct APIServer: Service {
    /// Where to listen and for whom.
    public struct Configuration: Sendable {
        /// Nil listens on no TCP port.
        public var tcp: ListenAddress?
        /// The path of the socket whose callers the kernel vouches for: root and the daemon's own user are the
        /// administrator there and need no signature. Its directory is made with mode 0700. Nil makes none.
        public var unixSocket: String?
        /// Who that administrator is.
        public var admin: Principal
        /// Bytes of one request's body. The largest that AWS defines for these services is PutLogEvents' 1 MiB, which
        /// JSON may escape to more.
        public var bodyLimit = 4 << 20
        /// What tasks may do with the keys of their roles.
        public var permissions = RolePermissions.none
        /// How long requests under way may take to end on graceful shutdown; a client that reads no more is cut then.
        public var stopGrace: Duration = .seconds(5)

        public init(tcp: ListenAddress?, unixSocket: String?, admin: Principal) {
            self.tcp = tcp
            self.unixSocket = unixSocket
            self.admin = admin
        }
    }

    /// Where it really listens.
    public struct Addresses: Equatable, Sendable {
        /// With the port that the kernel chose when 0 was asked for.
        public var tcp: ListenAddress?
        /// The path of the socket; nil when none was asked for.
        public var unixSocket: String?
    }

    private let configuration: Configuration
    let routes: Routes
    private let exec: ExecService
    private let verifier: SignatureVerifier
    private let logger: Logger
    private let tracer: Tracer?
    private let onReady: @Sendable (Addresses) async -> Void

    /// - Parameters:
    ///   - registry: the registry inside; nil serves none.
    ///   - keys: who may sign.
    ///   - tracer: told how long requests take.
    ///   - onReady: called once, when every address takes requests.
    public init(
        _ configuration: Configuration, engine: Engine, registry: RegistryInside? = nil, keys: any KeyStore,
        logger: Logger, tracer: Tracer? = nil, onReady: @escaping @Sendable (Addresses) async -> Void
    ) {
        var json: [JSONService] = [.ecs(engine, permissions: configuration.permissions), .logs(engine)]
        if let registry { json.append(.ecr(registry.ecr(account: engine.configuration.account))) }
        self.init(
            configuration,
            routes: Routes(
                json: json, query: .sts,
                native: NativeService(engine: engine, permissions: configuration.permissions).operation,
                registry: registry?.service(
                    keys: keys, permissions: configuration.permissions, logger: logger)),
            exec: ExecService(engine), keys: keys, logger: logger, tracer: tracer
        ) { addresses in
            if let tcp = addresses.tcp { registry?.listens(tcp) }
            await onReady(addresses)
        }
    }

    init(
        _ configuration: Configuration, routes: Routes, exec: ExecService, keys: any KeyStore, logger: Logger,
        tracer: Tracer? = nil, onReady: @escaping @Sendable (Addresses) async -> Void
    ) {
        self.configuration = configuration
        self.routes = routes
        self.exec = exec
        verifier = SignatureVerifier(keys: keys) { Int(Date().timeIntervalSince1970) }
        self.logger = logger
        self.tracer = tracer
        self.onReady = onReady
    }

    /// Serves until graceful shutdown.
    ///
    /// - Throws: ``ListenError`` when an address cannot be listened on; nothing is then left listening.
    public func run() async throws {
        let socket = configuration.unixSocket.map(SocketPath.init)
        try socket?.prepare()
        let readiness = Readiness(
            waitingFor: (configuration.tcp == nil ? 0 : 1) + (socket == nil ? 0 : 1), then: onReady)
        var listeners: [Listener] = []
        if let tcp = configuration.tcp {
            listeners.append(
                listener(.hostname(tcp.host, port: tcp.port), address: "\(tcp)", local: nil) { port in
                    await readiness.note { $0.tcp = ListenAddress(host: tcp.host, port: port ?? tcp.port) }
                })
        }
        if let socket {
            let bind = BindAddress.unixDomainSocket(path: socket.path)
            listeners.append(
                listener(bind, address: socket.path, local: configuration.admin) { _ in
                    try socket.close()
                    await readiness.note { $0.unixSocket = socket.path }
                })
        }
        defer { socket?.remove() }
        var group = ServiceGroupConfiguration(services: listeners, logger: quiet)
        group.maximumGracefulShutdownDuration = configuration.stopGrace
        try await ServiceGroup(configuration: group).run()
    }

    private func listener(
        _ bind: BindAddress, address: String, local: Principal?,
        onReady: @escaping @Sendable (_ port: Int?) async throws -> Void
    ) -> Listener {
        Listener(
            bind: bind, address: address,
            responder: Responder(
                routes: routes, gate: Gate(verifier: verifier, local: local, permissions: configuration.permissions),
                bodyLimit: configuration.bodyLimit,
                logger: logger, tracer: tracer),
            exec: exec, logger: quiet, onReady: onReady)
    }

    /// For the frameworks, whose errors come back to the caller of ``run()`` anyway.
    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .critical)
        return quiet
    }
}

/// Waits until every listener takes requests, then says so once.
private actor Readiness {
    private var missing: Int
    private var addresses = APIServer.Addresses(tcp: nil, unixSocket: nil)
    private let then: @Sendable (APIServer.Addresses) async -> Void

    init(waitingFor count: Int, then: @escaping @Sendable (APIServer.Addresses) async -> Void) {
        missing = count
        self.then = then
    }

    func note(_ change: @Sendable (inout APIServer.Addresses) -> Void) async {
        change(&addresses)
        missing -= 1
        if missing == 0 { await then(addresses) }
    }
}
