import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket
import Synchronization

/// A connection that speaks HTTP/1.1, or becomes a WebSocket by its first request when that shows a session's ticket.
///
/// Everything but such a request goes the way of Hummingbird's own ``HTTP1Channel``.
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
    }

    let responder: HTTPChannelHandler.Responder
    let exec: ExecService
    /// How long it may be silent before its first request, and between requests.
    let idle: TimeAmount

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let firstRequest = FirstRequest(patience: idle)
            let http = NIOLoopBound(firstRequest, eventLoop: channel.eventLoop)
            var configuration = NIOUpgradableHTTPServerPipelineConfiguration(
                upgradeConfiguration: .init(upgraders: [upgrader(http)]) { channel in
                    channel.eventLoop.makeCompletedFuture { try agreeOnHTTP(channel, after: http.value, logger) }
                })
            // Requests come one after the other by the way they are read; responses are checked where they are made.
            configuration.enablePipelining = false
            configuration.enableErrorHandling = false
            configuration.enableResponseHeaderValidation = false
            let agreed = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                configuration: configuration)
            try channel.pipeline.syncOperations.addHandler(firstRequest)
            return Value(channel: channel, agreed: agreed)
        }
    }

    func handle(value: Value, logger: Logger) async {
        // A connection that ended before its first request has agreed on nothing.
        guard let agreed = try? await value.agreed.get() else { return }
        switch agreed {
        case .http(let connection): await handleHTTP(asyncChannel: connection, logger: logger)
        case .exec(let connection, let session): await ExecStream(session: session).run(connection)
        }
    }

    private func agreeOnHTTP(
        _ channel: any Channel, after firstRequest: FirstRequest, _ logger: Logger
    ) throws -> Agreed {
        let pipeline = channel.pipeline.syncOperations
        pipeline.removeHandler(firstRequest, promise: nil)
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: .init(idle), logger: logger))
        return .http(
            try HTTPConnection(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
    }

    private func upgrader(
        _ firstRequest: NIOLoopBound<FirstRequest>
    ) -> NIOTypedWebSocketServerUpgrader<Agreed> {
        let admitted = Admitted()
        return NIOTypedWebSocketServerUpgrader(
            maxFrameSize: ExecFrame.largest,
            shouldUpgrade: { channel, head in
                let session = ExecRoute(head).flatMap(exec.admit)
                admitted.session.withLock { $0 = session }
                // Nil leaves the request to the routes, where it is refused in words.
                return channel.eventLoop.makeSucceededFuture(session.map { _ in HTTPHeaders() })
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    guard let session = admitted.session.withLock({ $0.take() }) else { throw ChannelError.ioOnClosedChannel }
                    let pipeline = channel.pipeline.syncOperations
                    pipeline.removeHandler(firstRequest.value, promise: nil)
                    try pipeline.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: 64,
                            maxAccumulatedFrameSize: ExecFrame.largest))
                    try pipeline.addHandler(CloseOnQuiesce())
                    return .exec(try WebSocketConnection(wrappingChannelSynchronously: channel), session)
                }
            })
    }

    /// From the decision to upgrade to the upgrade.
    private final class Admitted: Sendable {
        let session = Mutex<ExecSession?>(nil)
    }
}

/// Stands in for the HTTP handlers until the first request has come: ends connections that stay silent, on which something
/// comes that is no HTTP, and those that wait when the server stops.
private final class FirstRequest: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let patience: TimeAmount
    private var deadline: Scheduled<Void>?

    init(patience: TimeAmount) { self.patience = patience }

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A request that asks for an upgrade in vain goes on as a request.
        if error is NIOWebSocketUpgradeError { return }
        guard error is HTTPParserError else { return context.fireErrorCaught(error) }
        let headers: HTTPHeaders = ["connection": "close", "content-length": "0"]
        let head = HTTPResponseHead(version: .http1_1, status: .badRequest, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }
}

/// Ends a stream when the server stops: what it carries would go on for as long as a person likes.
private final class CloseOnQuiesce: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent else { return context.fireUserInboundEventTriggered(event) }
        context.close(promise: nil)
    }
}
