import Crypto
import Foundation
import Hummingbird

/// Decides who may use the registry: who holds a token of GetAuthorizationToken, or an access key.
///
/// Both come as HTTP's Basic authentication, the only one that every client of a registry knows.
struct RegistryGate: Sendable {
    let keys: any KeyStore
    let token: RegistryToken
    let permissions: RolePermissions
    /// Seconds since 1970.
    let now: @Sendable () -> Int

    /// Longer credentials are nobody's.
    private static let longest = 8 << 10

    /// - Throws: ``RegistryFault/unauthorized``, ``RegistryFault/denied(_:_:)``.
    func admit(_ head: HTTPRequest) throws(RegistryFault) -> Principal {
        guard let header = head.headerFields[.authorization], header.utf8.count <= Self.longest,
            let (user, password) = Self.basic(header),
            let principal = user == "AWS" ? token.holder(of: password, now: now()) : holder(of: user, password)
        else { throw .unauthorized }
        guard keys.holds(principal) else { throw .unauthorized }
        // ECR's operations for the same: a role that may get a password may not yet do everything with it.
        let action =
            switch head.method {
            case .get, .head: "ecr:BatchGetImage"
            case .delete: "ecr:BatchDeleteImage"
            default: "ecr:PutImage"
            }
        guard permissions.allow(action, to: principal) else { throw .denied(principal, action) }
        return principal
    }

    /// What a link's query calls its ticket.
    static let ticketKey = "ticket"

    /// Whether a request comes by a link that this daemon gave: it may get that blob, and nothing else.
    func hasTicket(_ arrival: Arrival) -> Bool {
        guard arrival.request.method == .get || arrival.request.method == .head,
            arrival.query.hasPrefix("\(Self.ticketKey)="), arrival.query.utf8.count <= Self.longest,
            let route = try? RegistryRoute(arrival.path), case .blob(let name, let digest) = route
        else { return false }
        return token.admits(arrival.query.dropFirst(Self.ticketKey.count + 1), to: digest, in: name, now: now())
    }

    private func holder(of id: String, _ secret: String) -> Principal? {
        // A key that needs a session token cannot be used here: there is no place for it.
        guard let key = keys.accessKey(id), key.sessionToken == nil, key.expires.map({ now() < $0 }) ?? true,
            // Hashes first: comparing them tells nothing about how far the secrets agree.
            SHA256.hash(data: Array(key.secret.utf8)) == SHA256.hash(data: Array(secret.utf8))
        else { return nil }
        return key.principal
    }

    /// User and password of a header `Basic …`; nil for any other.
    private static func basic(_ header: String) -> (user: String, password: String)? {
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1])),
            let text = String(data: data, encoding: .utf8), let colon = text.firstIndex(of: ":")
        else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }
}
