import BerthTrace
import Hummingbird
import NIOCore

/// A request with what is known of it before its body is read.
struct Arrival: Sendable {
    var request: Request
    /// As on the wire.
    var path: Substring
    /// As on the wire, without the question mark.
    var query: Substring
    var connection: Connection
    var requestId: String
    var trail: RequestTrail?
}

/// The connection that a request came on.
struct Connection: InitializableFromSource, Sendable {
    let channel: any Channel

    init(source: ApplicationRequestContextSource) { channel = source.channel }
}
