import BerthTrace
import Glibc
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
    /// The user at the other end of a unix socket, as far as the kernel vouches for it.
    let peer: uid_t?

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
        peer = Self.peer
    }

    /// Of the connection whose requests are answered in this task: asked for once, where that needs no change of threads.
    @TaskLocal static var peer: uid_t?
}
