import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// One listening socket with its responder, from bind to the last connection's end.
struct Listener: Service {
    /// How long a connection may be silent between requests, in seconds.
    private static let idle: Int64 = 300

    var bind: BindAddress
    /// As messages name it.
    var address: String
    var responder: Responder
    var exec: ExecService
    var logger: Logger
    /// Called with the port (nil for a unix socket) once requests are taken.
    var onReady: @Sendable (_ port: Int?) async throws -> Void

    func run() async throws {
        let failure = Mutex<(any Error)?>(nil)
        let isRunning = Mutex(false)
        let application = Application(
            responder: responder,
            server: HTTPServerBuilder { [exec] in
                UpgradingChannel(responder: $0, exec: exec, idle: .seconds(Self.idle))
            },
            configuration: ApplicationConfiguration(address: bind),
            onServerRunning: { channel in
                isRunning.withLock { $0 = true }
                do {
                    try await onReady(channel.localAddress?.port)
                } catch {
                    failure.withLock { $0 = error }
                    channel.close(promise: nil)
                }
            },
            logger: logger)
        do {
            try await application.run()
        } catch {
            if let cause = failure.withLock({ $0 }) { throw cause }
            if isRunning.withLock({ $0 }) { throw error }
            throw ListenError(error, address: address)
        }
    }
}
