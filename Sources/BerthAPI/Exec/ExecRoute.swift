import BerthEngine
import BerthLaunch
import NIOHTTP1

/// The way to a session's stream: `GET /berth/v1/exec/<session>?rows=<rows>&columns=<columns>`, with the token as bearer
/// in `Authorization` (RFC 6750 2.1).
///
/// The token never stands in an address: those are written to logs, here and in every proxy.
public struct ExecRoute: Equatable, Sendable {
    public static let prefix = "/berth/v1/exec/"

    /// As ``OpenExecReply/sessionId`` gave it.
    public var sessionID: String
    /// A secret, good for one stream.
    public var token: String
    /// The terminal's size; the program starts with it. Ignored without a terminal.
    public var size: WindowSize?

    /// The path of a session's stream, without the query.
    public static func path(_ sessionID: String) -> String { prefix + sessionID }

    /// Whether a request asks for a stream, rightly or not.
    static func isUpgrade(_ head: HTTPRequestHead) -> Bool {
        head.uri.hasPrefix(prefix)
            && head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
    }

    /// Nil for another request, and for one without a token.
    init?(_ head: HTTPRequestHead) {
        let path = head.uri.prefix { $0 != "?" }
        guard head.method == .GET, path.hasPrefix(Self.prefix),
            let authorization = head.headers.first(name: "authorization")
        else { return nil }
        let words = authorization.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        sessionID = String(path.dropFirst(Self.prefix.count))
        token = String(words[1])
        let query = QueryString(head.uri.dropFirst(path.count + 1).utf8)
        if let rows = query["rows"].flatMap({ UInt16($0) }), let columns = query["columns"].flatMap({ UInt16($0) }) {
            size = WindowSize(rows: rows, columns: columns)
        }
    }
}
