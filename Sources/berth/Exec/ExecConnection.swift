import BerthAPI
import BerthLaunch
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// The client's end of an exec stream.
struct ExecConnection: Sendable {
    typealias Channel = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    let channel: Channel

    /// Where a stream is: on a unix socket, or at a host and port.
    enum Address: Equatable, Sendable {
        case socket(path: String)
        case host(String, port: Int, tls: Bool)

        /// What stands in the request's `Host`.
        var authority: String {
            switch self {
            case .socket: "localhost"
            case .host(let host, let port, _): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            }
        }
    }

    /// Opens a stream.
    ///
    /// - Parameters:
    ///   - path: the stream's, as the session names it.
    ///   - size: of this terminal, if the program has one.
    static func open(_ address: Address, path: String, token: String, size: WindowSize?) async throws -> ExecConnection
    {
        let target = path + (size.map { "?rows=\($0.rows)&columns=\($0.columns)" } ?? "")
        let agreed = try await connect(address) { channel in
            channel.eventLoop.makeCompletedFuture { try upgrade(channel, address, target: target, token: token) }
        }
        guard let channel = try await agreed.get() else {
            throw CommandFailure("the daemon refused the session's stream: its token holds once, and for a minute")
        }
        return ExecConnection(channel: channel)
    }

    private static func connect(
        _ address: Address,
        _ setUp: @escaping @Sendable (any NIOCore.Channel) -> EventLoopFuture<EventLoopFuture<Channel?>>
    ) async throws -> EventLoopFuture<Channel?> {
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connectTimeout(.seconds(10))
        switch address {
        case .socket(let path):
            return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: setUp)
        case .host(let host, let port, tls: false):
            return try await bootstrap.connect(host: host, port: port, channelInitializer: setUp)
        case .host(let host, let port, tls: true):
            let context = try NIOSSLContext(configuration: .makeClientConfiguration())
            return try await bootstrap.connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        try NIOSSLClientHandler(context: context, serverHostname: host))
                }.flatMap { setUp(channel) }
            }
        }
    }

    /// Asks for the WebSocket; nil when the answer is another.
    private static func upgrade(
        _ channel: any NIOCore.Channel, _ address: Address, target: String, token: String
    ) throws -> EventLoopFuture<Channel?> {
        let upgrader = NIOTypedWebSocketClientUpgrader<Channel?>(maxFrameSize: ExecFrame.largest) { channel, _ in
            channel.eventLoop.makeCompletedFuture { try Channel(wrappingChannelSynchronously: channel) }
        }
        let headers: HTTPHeaders = [
            "host": address.authority, "authorization": "Bearer \(token)", "content-length": "0",
        ]
        let configuration = NIOTypedHTTPClientUpgradeConfiguration(
            upgradeRequestHead: HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: headers),
            upgraders: [upgrader]
        ) { channel in
            // Closing at once would take the upgrade's own future with it.
            channel.eventLoop.execute { channel.close(promise: nil) }
            return channel.eventLoop.makeSucceededFuture(nil)
        }
        var pipeline = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: configuration)
        // Output may come together with the answer.
        pipeline.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: pipeline)
    }
}

extension Endpoint {
    /// Where its streams are.
    var streams: ExecConnection.Address {
        get throws {
            switch self {
            case .socket(let path): .socket(path: path)
            case .remote(let url, _, _): try ExecConnection.Address(url: url)
            }
        }
    }
}
