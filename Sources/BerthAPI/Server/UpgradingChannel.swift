import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// A connection that speaks HTTP/1.1, or becomes a WebSocket by its first request when that is for a session's stream.
///
/// Everything but such a request goes the way of Hummingbird's own ``HTTP1Channel``; so do requests that ask for another
/// upgrade, as some clients do of every server they meet.
struct UpgradingChannel: HTTPChannelHandler {
    typealias HTTPConnection = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
    typealias WebSocketConnection = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    /// What a connection turned out to be.
    enum Agreed: Sendable {
        case http(HTTPConnection)
        case exec(WebSocketConnection, ExecSession)
    }

    /// A connection on which nothing is agreed yet.
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let agreed: EventLoopFuture<Agreed>
        /// The user at the other end of a unix socket.
        let peer: uid_t?
    }

    /// Bytes of all headers of a request, as ``HTTP1Channel`` has it.
    private static let headerLimit = 80 << 10

    let responder: HTTPChannelHandler.Responder
    let exec: ExecService
    /// How long it may be silent before its first request, and between requests.
    let idle: TimeAmount

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let encoder = HTTPResponseEncoder()
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderListSize = Self.headerLimit
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits))
            let agreed = channel.eventLoop.makePromise(of: Agreed.self)
            try pipeline.addHandlers(
                encoder, decoder,
                FirstRequest(
                    agreed: agreed, handlers: [decoder, encoder], patience: idle, admit: exec.admit,
                    agreeOnHTTP: { try agreeOnHTTP($0, logger) }))
            return Value(channel: channel, agreed: agreed.futureResult, peer: Connection.peer(of: channel))
        }
    }

    func handle(value: Value, logger: Logger) async {
        // A connection that ended before its first request has agreed on nothing.
        guard let agreed = try? await value.agreed.get() else { return }
        switch agreed {
        case .http(let connection):
            await Connection.$peer.withValue(value.peer) {
                await handleHTTP(asyncChannel: connection, logger: logger)
            }
        case .exec(let connection, let session): await ExecStream(session: session).run(connection)
        }
    }

    private func agreeOnHTTP(_ channel: any Channel, _ logger: Logger) throws -> HTTPConnection {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: .init(idle), logger: logger))
        return try HTTPConnection(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }
}
