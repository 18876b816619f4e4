import Glibc
import Hummingbird
import NIOCore

/// Decides who calls, and whether they may.
struct Gate: Sendable {
    let verifier: SignatureVerifier
    /// On the unix socket: who root and the daemon's own user are. Nil on TCP, where everybody must sign.
    let local: Principal?
    /// What tasks in their roles may do.
    var permissions = RolePermissions.none

    /// What the first step found.
    enum Pass: Sendable {
        case local(Principal)
        case signed(SignatureVerifier.Candidate)
    }

    /// Who calls on the unix socket, when the kernel vouches for them; nil for everybody else.
    func localCaller(_ arrival: Arrival) -> Principal? {
        guard let local, let uid = arrival.connection.peer, uid == 0 || uid == geteuid() else { return nil }
        return local
    }

    /// The first step, before the body is read.
    func examine(_ arrival: Arrival, service: String) throws(RequestFault) -> Pass {
        if let local = localCaller(arrival) { return .local(local) }
        return .signed(try verifier.examine(arrival.request.head, query: arrival.query, service: service))
    }

    /// Whether a task in a role may do something, as far as that is known before the body: nobody who may not should have
    /// up to the limit of a body read.
    func check(_ action: String, by pass: Pass) throws(RequestFault) {
        guard case .signed(let candidate) = pass else { return }
        try permissions.check(action, by: candidate.principal)
    }

    /// The second step: the signature covers the body.
    func verify(_ pass: Pass, _ arrival: Arrival, body: ByteBuffer) throws(RequestFault) -> Caller {
        let authority = arrival.request.head.authority
        switch pass {
        case .local(let principal):
            return Caller(principal: principal, isLocal: true, authority: authority)
        case .signed(let candidate):
            let principal = try verifier.verify(
                candidate, head: arrival.request.head, path: arrival.path, query: arrival.query, body: body)
            return Caller(principal: principal, isLocal: false, authority: authority)
        }
    }
}

extension Connection {
    /// The user who connected to a unix socket, as the kernel noted it (SO_PEERCRED of unix(7)); nil when it did not. To be
    /// called on the channel's event loop.
    ///
    /// The user is in the daemon's own user namespace: root of a task's namespace is not 0 here.
    static func peer(of channel: any Channel) -> uid_t? {
        guard case .unixDomainSocket = channel.localAddress, let provider = channel as? any SocketOptionProvider else {
            return nil
        }
        let found: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        var peer: PeerCredentials?
        // On the loop it has been found already.
        found.assumeIsolated().whenSuccess { peer = $0 }
        return peer?.uid
    }

    /// `struct ucred`, which Glibc shows only to programs that define _GNU_SOURCE.
    private struct PeerCredentials: Sendable {
        var pid: pid_t
        var uid: uid_t
        var gid: gid_t
    }
}
