import Foundation

extension ExecConnection.Address {
    /// Of an endpoint's or a stream's URL: `http`, `https`, `ws` or `wss`.
    init(url text: String) throws(CommandFailure) {
        guard let url = URLComponents(string: text), let scheme = url.scheme, let host = url.host, !host.isEmpty,
            ["http", "https", "ws", "wss"].contains(scheme)
        else { throw CommandFailure("\"\(text)\" is no address of a daemon's stream") }
        let tls = scheme == "https" || scheme == "wss"
        // Foundation keeps the brackets of an IPv6 address.
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        self = .host(bare, port: url.port ?? (tls ? 443 : 80), tls: tls)
    }
}
