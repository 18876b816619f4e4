import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Waits for the first request of a connection and decides by it what the connection is; then it is gone.
///
/// Meanwhile it stands in for the HTTP handlers: it ends connections that stay silent, on which something comes that is no
/// HTTP, and those that wait when the server stops. (SwiftNIO's own `NIOTypedHTTPServerUpgradeHandler` loses the head of a
/// request that asks for an upgrade and gets none.)
final class FirstRequest: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    typealias Agreed = UpgradingChannel.Agreed

    private let agreed: EventLoopPromise<Agreed>
    /// What a WebSocket has no use for, in the order to remove them.
    private let handlers: [any RemovableChannelHandler]
    private let patience: TimeAmount
    private let admit: @Sendable (ExecRoute) -> ExecSession?
    private let agreeOnHTTP: (any Channel) throws -> UpgradingChannel.HTTPConnection
    private var deadline: Scheduled<Void>?
    /// The head of a request for a stream, until its end has come.
    private var head: HTTPRequestHead?

    init(
        agreed: EventLoopPromise<Agreed>, handlers: [any RemovableChannelHandler], patience: TimeAmount,
        admit: @escaping @Sendable (ExecRoute) -> ExecSession?,
        agreeOnHTTP: @escaping (any Channel) throws -> UpgradingChannel.HTTPConnection
    ) {
        self.agreed = agreed
        self.handlers = handlers
        self.patience = patience
        self.admit = admit
        self.agreeOnHTTP = agreeOnHTTP
    }

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        // For a connection that ended without a request; otherwise it changes nothing.
        agreed.fail(ChannelError.eof)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), head) {
        case (.head(let head), nil):
            if ExecRoute.isUpgrade(head) { self.head = head } else { becomeHTTP(context, data) }
        case (.end, let head?): becomeStream(context, head)
        // A body, or a second request before the answer to the first: such a client knows no WebSockets.
        default: context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else { return context.fireErrorCaught(error) }
        refuse(context, .badRequest, "")
    }

    // MARK: What it becomes

    private func becomeHTTP(_ context: ChannelHandlerContext, _ head: NIOAny) {
        do { agreed.succeed(.http(try agreeOnHTTP(context.channel))) } catch {
            return context.close(promise: nil)
        }
        context.fireChannelRead(head)
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func becomeStream(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
        guard let session = ExecRoute(head).flatMap(admit) else {
            return refuse(context, .forbidden, "The session is unknown or over, or its token is wrong or was used.\n")
        }
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: ExecFrame.largest,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        let pipeline = context.pipeline.syncOperations
        // A client waits for the answer (RFC 6455 4.1). What an eager one has sent is dropped, and nothing more is read:
        // while one decoder goes and the next is not there, bytes would come to a handler of requests.
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        upgrader.buildUpgradeResponse(
            channel: context.channel, upgradeRequest: head, initialResponseHeaders: HTTPHeaders()
        ).assumeIsolated().flatMap { headers in
            let response = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
            context.writeAndFlush(self.wrapOutboundOut(.head(response)), promise: nil)
            return EventLoopFuture.andAllSucceed(
                self.handlers.map { pipeline.removeHandler($0) }, on: context.eventLoop)
        }.flatMap {
            upgrader.upgrade(context: context, upgradeRequest: head)
        }.flatMapThrowing {
            // A WebSocket ends as a whole: half of a connection is a client that went.
            try context.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
            try pipeline.addHandler(
                NIOWebSocketFrameAggregator(
                    minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: 64,
                    maxAccumulatedFrameSize: ExecFrame.largest))
            try pipeline.addHandler(CloseOnQuiesce())
            let connection = try UpgradingChannel.WebSocketConnection(wrappingChannelSynchronously: context.channel)
            try context.channel.syncOptions?.setOption(.autoRead, value: true)
            self.agreed.succeed(.exec(connection, session))
            pipeline.removeHandler(context: context, promise: nil)
        }.whenFailure { _ in
            // No key, or another version than RFC 6455's.
            self.refuse(context, .badRequest, "The request is no WebSocket's handshake.\n")
        }
    }

    private func refuse(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ text: String) {
        let headers: HTTPHeaders = [
            "connection": "close", "content-type": "text/plain", "content-length": "\(text.utf8.count)",
        ]
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
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
