import BerthUnpack
import Foundation
import NIOHTTP1
import NIOSSL
import Synchronization

/// Bearer tokens (the distribution project's token specification), fetched where a registry's challenge says, and kept
/// until they expire.
final class TokenService: Sendable {
    /// What a token is good for.
    struct Grant: Hashable, Sendable {
        var realm: URL
        var service: String?
        var scope: String
        /// Others' tokens are not ours.
        var credentials: RegistryCredentials?
    }

    private struct Kept {
        var token: String
        var expiry: ContinuousClock.Instant
    }

    private struct Answer: Decodable {
        var token: String?
        /// OAuth 2's name for the same.
        var accessToken: String?
        /// Seconds.
        var expiresIn: Double?

        enum CodingKeys: String, CodingKey {
            case token
            case accessToken = "access_token"
            case expiresIn = "expires_in"
        }
    }

    private let tokens = Mutex<[Grant: Kept]>([:])
    /// Far more than registries in use; beyond it the table starts anew.
    private static let limit = 1024
    /// Bytes of a token service's answer; a token fits a header.
    private static let answerBytes = 256 << 10
    /// The token specification's, for a service that does not say how long its token lives.
    private static let defaultLifetime = 60.0
    /// A token that ends during the request is no use.
    private static let margin = 10.0

    /// A token for the grant, kept or new.
    ///
    /// - Parameters:
    ///   - rejected: a token that the registry no longer takes.
    ///   - allowsPlain: whether the realm may be plain HTTP: only when the registry itself may.
    func token(
        for grant: Grant, rejected: String?, exchange: HTTPExchange, tls: TLSConfiguration?, allowsPlain: Bool
    ) async throws(RegistryFault) -> String {
        let kept = tokens.withLock { $0[grant] }
        if let kept, kept.token != rejected, kept.expiry > .now { return kept.token }
        guard grant.realm.scheme == "https" || (grant.realm.scheme == "http" && allowsPlain) else {
            throw RegistryFault(
                .badResponse,
                "the token service \(Printable.text(grant.realm.absoluteString)) is not https; a password is not sent there"
            )
        }
        let asked = ContinuousClock.now
        let answer = try await fetch(grant, exchange, tls)
        guard let token = answer.token ?? answer.accessToken, !token.isEmpty,
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { throw RegistryFault(.badResponse, "the token service \(grant.realm.authority) answers without a token") }
        let lifetime = min(max(answer.expiresIn ?? Self.defaultLifetime, 0), 86_400)
        tokens.withLock { tokens in
            if tokens.count >= Self.limit { tokens = [:] }
            tokens[grant] = Kept(token: token, expiry: asked + .seconds(lifetime - Self.margin))
        }
        return token
    }

    private func fetch(
        _ grant: Grant, _ exchange: HTTPExchange, _ tls: TLSConfiguration?
    ) async throws(RegistryFault) -> Answer {
        let host = grant.realm.authority
        var headers: HTTPHeaders = ["accept": "application/json"]
        var fields = [URLQueryItem(name: "scope", value: grant.scope)]
        if let service = grant.service { fields.append(URLQueryItem(name: "service", value: service)) }
        var form: [UInt8]?
        var components = URLComponents(url: grant.realm, resolvingAgainstBaseURL: true) ?? URLComponents()
        if let identity = grant.credentials?.identityToken {
            fields += [
                URLQueryItem(name: "grant_type", value: "refresh_token"),
                URLQueryItem(name: "client_id", value: "berth"),
                URLQueryItem(name: "refresh_token", value: identity),
            ]
            form = Array(Self.encoded(fields).utf8)
            headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
        } else {
            if let credentials = grant.credentials { headers.add(name: "authorization", value: credentials.basic) }
            let given = components.percentEncodedQuery.map { $0 + "&" } ?? ""
            components.percentEncodedQuery = given + Self.encoded(fields)
        }
        guard let url = components.url else {
            throw RegistryFault(
                .badResponse, "\(Printable.text(grant.realm.absoluteString)) is no address of a token service")
        }
        let response = try await exchange.send(form == nil ? .GET : .POST, url, headers: headers, tls: tls, body: form)
        guard response.status == .ok else {
            throw await RegistryAnswer.fault(
                response, host: "the token service \(host)", credentials: grant.credentials.map { "\($0)" })
        }
        let bytes = try await HTTPExchange.collect(response, limit: Self.answerBytes, host: host)
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(bytes)) else {
            throw RegistryFault(.badResponse, "the token service \(host) answers with what is no token")
        }
        return answer
    }

    private static func encoded(_ fields: [URLQueryItem]) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        return fields.map { field in
            "\(field.name)=\((field.value ?? "").addingPercentEncoding(withAllowedCharacters: allowed) ?? "")"
        }.joined(separator: "&")
    }
}

extension RegistryCredentials {
    /// The header's value for basic authentication (RFC 7617).
    var basic: String { "Basic " + Data("\(username):\(password)".utf8).base64EncodedString() }
}
