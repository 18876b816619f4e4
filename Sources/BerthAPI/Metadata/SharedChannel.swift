import BerthModel
import BerthNetwork
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// A connection that is cut when its task has as many as it may.
struct SharedChannel: HTTPChannelHandler {
    /// A connection, refused or not: one whose setup fails is closed by nobody, and keeps its descriptor for ever.
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        /// Nil for one that is refused.
        let http: HTTP1Channel.Value?
    }

    let http: HTTP1Channel
    let shares: Shares
    /// After this long it is cut, whatever goes on: a client that does not read its answer would keep its share for ever.
    let life: TimeAmount

    var responder: HTTPChannelHandler.Responder { http.responder }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        guard let asker = channel.remoteAddress.flatMap({ IPv4Address($0) }), shares.enter(asker) else {
            return channel.eventLoop.makeSucceededFuture(Value(channel: channel, http: nil))
        }
        let end = channel.eventLoop.scheduleTask(in: life) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in
            end.cancel()
            shares.leave(asker)
        }
        return http.setup(channel: channel, logger: logger)
            .map { Value(channel: channel, http: $0) }
            .recover { _ in Value(channel: channel, http: nil) }
    }

    func handle(value: Value, logger: Logger) async {
        guard let connection = value.http else {
            // What the closing ends with is of no interest.
            return (try? await value.channel.close()) ?? ()
        }
        await http.handle(value: connection, logger: logger)
    }
}
