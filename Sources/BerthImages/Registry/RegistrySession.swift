import AsyncHTTPClient
import BerthOCI
import BerthUnpack
import Foundation
import NIOHTTP1
import NIOSSL
import Synchronization

/// Speaks to one repository of one registry, for one pull: finds out its scheme, authenticates, follows redirects.
///
/// Requests are made once; who calls decides what is worth another try.
final class RegistrySession: Sendable {
    let location: RegistryLocation
    private let exchange: HTTPExchange
    private let tokens: TokenService
    private let settings: RegistrySettings
    private let credentials: RegistryCredentials?
    /// Told when the registry refuses.
    private let credentialsNote: String?
    private let trust: RegistryTrust
    /// Whether plain HTTP and any certificate will do.
    let isInsecure: Bool

    private struct State {
        /// `https://registry-1.docker.io`.
        var base: URL?
        /// The last that the registry took, or that is to be tried.
        var authorization: String?
    }
    private let state = Mutex(State())

    private static let maximumRedirects = 5

    /// - Parameter credentials: for this location; nil for none.
    /// - Throws: ``ImageError`` for a certificate that cannot be read.
    init(
        _ location: RegistryLocation, exchange: HTTPExchange, tokens: TokenService, settings: RegistrySettings,
        credentials: RegistryCredentials?, credentialsNote: String?
    ) throws(ImageError) {
        self.location = location
        self.exchange = exchange
        self.tokens = tokens
        self.settings = settings
        self.credentials = credentials
        self.credentialsNote = credentialsNote
        let own = try RegistryTrust.of(host: location.domain, in: settings.certificateDirectories)
        let isNamed = settings.isInsecure(location)
        isInsecure = isNamed || (location.isLoopback && !own.isConfigured)
        trust = isInsecure && !own.isConfigured ? .unverified : own
    }

    /// Makes one request below `/v2/REPOSITORY/`.
    ///
    /// - Returns: an answer of 200, 206 or whatever else `accepted` names.
    func send(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], accepted: Set<UInt> = [200]
    ) async throws(RegistryFault) -> HTTPClientResponse {
        let base = try await base()
        let url = base.appending(path: "v2/\(location.repository)/\(path)")
        var used = state.withLock { $0.authorization }
        var (response, isOwn) = try await follow(method, url, headers: headers, authorization: used)
        // Who is only redirected to may refuse, but not ask for what authenticates at the registry (CVE-2020-15157).
        if isOwn, response.status == .unauthorized, let fresh = try await authorize(response, rejected: used) {
            used = fresh
            (response, isOwn) = try await follow(method, url, headers: headers, authorization: fresh)
        }
        guard accepted.contains(response.status.code) else {
            var fault = await RegistryAnswer.fault(
                response, host: location.domain,
                credentials: used == nil ? nil : credentials?.description ?? "an anonymous token")
            if fault.code == .unauthorized, let credentialsNote { fault.message += "; \(credentialsNote)" }
            throw fault
        }
        if let used { state.withLock { $0.authorization = used } }
        return response
    }

    // MARK: Scheme

    /// `https`, or what a registry that may be plain answers on.
    private func base() async throws(RegistryFault) -> URL {
        if let base = state.withLock({ $0.base }) { return base }
        let base = isInsecure ? try await probe() : try url("https")
        state.withLock { $0.base = base }
        return base
    }

    private func probe() async throws(RegistryFault) -> URL {
        let secure = try url("https")
        do throws(RegistryFault) {
            try await ping(secure)
            return secure
        } catch {
            if error.code != .unreachable { throw error }
        }
        let plain = try url("http")
        try await ping(plain)
        return plain
    }

    /// Any answer will do: it is HTTP.
    private func ping(_ base: URL) async throws(RegistryFault) {
        let response = try await exchange.send(
            .GET, base.appending(path: "v2/"), headers: [:], tls: trust.configuration)
        _ = await HTTPExchange.note(response)
    }

    private func url(_ scheme: String) throws(RegistryFault) -> URL {
        guard let url = URL(string: "\(scheme)://\(location.host)") else {
            throw RegistryFault(.invalidReference, "\(location.host) is no host")
        }
        return url
    }

    // MARK: Authentication

    /// What to send after a refusal; nil if there is nothing that has not been tried.
    private func authorize(_ refusal: HTTPClientResponse, rejected: String?) async throws(RegistryFault) -> String? {
        let challenges = AuthenticationChallenge.parse(refusal.headers["www-authenticate"])
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            guard let realm = bearer.parameters["realm"].flatMap(URL.init(string:)), realm.host() != nil else {
                throw RegistryFault(
                    .badResponse, "\(location.domain) asks for a token but does not say where to get it")
            }
            _ = await HTTPExchange.note(refusal)
            let grant = TokenService.Grant(
                realm: realm, service: bearer.parameters["service"],
                scope: bearer.parameters["scope"] ?? "repository:\(location.repository):pull", credentials: credentials)
            let token = try await tokens.token(
                for: grant, rejected: rejected.map { String($0.dropFirst("Bearer ".count)) }, exchange: exchange,
                tls: try tls(for: realm), allowsPlain: isInsecure)
            return "Bearer \(token)"
        }
        guard challenges.contains(where: { $0.scheme == "basic" }), let credentials, credentials.basic != rejected
        else {
            return nil
        }
        _ = await HTTPExchange.note(refusal)
        return credentials.basic
    }

    // MARK: Redirects

    /// Follows redirects; only the registry itself is sent what authenticates.
    ///
    /// - Returns: the last answer, and whether the registry itself gave it.
    private func follow(
        _ method: HTTPMethod, _ start: URL, headers: HTTPHeaders, authorization: String?
    ) async throws(RegistryFault) -> (HTTPClientResponse, isOwn: Bool) {
        var url = start
        for _ in 0...Self.maximumRedirects {
            var headers = headers
            if let authorization, url.isSameOrigin(as: start) {
                headers.replaceOrAdd(name: "authorization", value: authorization)
            }
            let response = try await exchange.send(method, url, headers: headers, tls: try tls(for: url))
            guard [301, 302, 303, 307, 308].contains(response.status.code),
                let target = response.headers.first(name: "location")
            else { return (response, url.isSameOrigin(as: start)) }
            _ = await HTTPExchange.note(response)
            guard let next = URL(string: target, relativeTo: url)?.absoluteURL, next.host() != nil,
                next.scheme == "https" || (next.scheme == "http" && isInsecure)
            else {
                throw RegistryFault(
                    .badResponse,
                    "\(url.authority) sends on to \(Printable.text(String(target.prefix(200)))), which is no https address"
                )
            }
            url = next
        }
        throw RegistryFault(.badResponse, "\(location.domain) sends on more than \(Self.maximumRedirects) times")
    }

    /// The trust that belongs to another host of the same registry: a token service, a store of blobs.
    private func tls(for url: URL) throws(RegistryFault) -> TLSConfiguration? {
        if url.authority == location.host { return trust.configuration }
        do throws(ImageError) {
            let own = try RegistryTrust.of(host: url.authority, in: settings.certificateDirectories)
            // A registry that is named insecure vouches for the hosts it names no better than for itself.
            return own.isConfigured || !isInsecure ? own.configuration : RegistryTrust.unverified.configuration
        } catch {
            throw RegistryFault(error)
        }
    }
}
