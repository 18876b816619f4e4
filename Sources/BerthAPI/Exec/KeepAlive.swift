import Glibc
import NIOCore

/// Notices a client whose machine is gone: an idle shell sends nothing by which it would show.
enum KeepAlive {
    /// Seconds of silence before the kernel asks, between its questions, and how many may stay unanswered (tcp(7)).
    private static let settings: [(option: CInt, value: CInt)] = [
        (TCP_KEEPIDLE, 60), (TCP_KEEPINTVL, 15), (TCP_KEEPCNT, 4),
    ]

    /// On TCP; a unix socket ends with its peer.
    static func enable(_ channel: any Channel) async {
        guard let provider = channel as? any SocketOptionProvider else { return }
        do {
            try await provider.unsafeSetSocketOption(level: .socket, name: .so_keepalive, value: CInt(1)).get()
            for (option, value) in settings {
                try await provider.unsafeSetSocketOption(
                    level: .tcp, name: NIOBSDSocket.Option(rawValue: option), value: value
                ).get()
            }
        } catch {
            // Not TCP.
        }
    }
}
