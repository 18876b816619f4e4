import BerthOCI
import Foundation
import Testing

@testable import BerthImages

@Suite(
    "A registry that is not open to everybody",
    .enabled(if: TestRegistry.isPresent && TestAuthority.isPresent && isRoot, TestRegistry.needed))
struct TrustTests {
    @Test("is spoken to over TLS, with the authority that its directory of certificates names")
    func authority() async throws {
        let open = try TestRegistry()
        try open.push(PullTests.image, as: "a:1")
        let authority = try TestAuthority()
        let registry = try TestRegistry(storage: open, certificate: try authority.sign("registry"))
        let directory = try authority.trust(for: registry.host)
        let test = try PullFixture { $0.certificateDirectories = ["/nowhere", directory] }
        try await test.pull("\(registry.host)/a:1")

        // Another authority for the same host: no loopback address makes up for that.
        let other = try TestAuthority()
        let wrong = try other.trust(for: registry.host)
        let distrusting = try PullFixture { $0.certificateDirectories = [wrong] }
        let error = try await distrusting.refusal("\(registry.host)/a:1")
        #expect(error.code == .unreachable)
        #expect(error.message.contains("the certificate of \(registry.host) is not trusted"), "\(error)")
        #expect(distrusting.pauses == [], "it will not be trusted later either")

        // Without a directory, loopback may show any.
        try await PullFixture().pull("\(registry.host)/a:1")
    }

    @Test("gives a token to who has the password, and takes it for as long as it lives")
    func token() async throws {
        let open = try TestRegistry()
        try open.push(PullTests.image, as: "team/a:1")
        try open.push(TestImage(TarBuilder.tar { $0.file("b") }), as: "team/b:1")
        let authority = try TestAuthority()
        let tokens = try TestTokenService(authority: authority, credentials: ("alice", "s3cret"))
        let registry = try TestRegistry(
            storage: open, authentication: .token(realm: tokens.realm, certificate: authority.certificate))
        let test = try PullFixture()
        let wrong = try await test.refusal(
            "\(registry.host)/team/a:1", credentials: .init(username: "alice", password: "wrong"))
        #expect(wrong.code == .unauthorized)
        #expect(wrong.message.contains("refuses user alice: incorrect username or password"), "\(wrong)")
        let none = try await test.refusal("\(registry.host)/team/a:1")
        #expect(none.message.contains("wants credentials"), "\(none)")
        let before = tokens.server.requests.count
        try await test.pull("\(registry.host)/team/a:1", credentials: TestRegistry.credentials)
        try await test.pull("\(registry.host)/team/a:1", credentials: TestRegistry.credentials)
        #expect(tokens.server.requests.count == before + 1, "one token for both")
        try await test.pull("\(registry.host)/team/b:1", credentials: TestRegistry.credentials)
        #expect(tokens.server.requests.count == before + 2, "another repository, another token")
        #expect(tokens.server.requests.allSatisfy { $0.target.contains("service=test") })
    }

    @Test("gets another token when one has run out")
    func renewed() async throws {
        let open = try TestRegistry()
        try open.push(PullTests.image, as: "a:1")
        let authority = try TestAuthority()
        // No longer than the margin that a token must still live: none is kept.
        let tokens = try TestTokenService(authority: authority, credentials: nil, lifetime: 5)
        let registry = try TestRegistry(
            storage: open, authentication: .token(realm: tokens.realm, certificate: authority.certificate))
        let test = try PullFixture()
        try await test.pull("\(registry.host)/a:1")
        try await test.pull("\(registry.host)/a:1")
        #expect(tokens.server.requests.count == 2)
    }

    @Test("does not learn from a redirect's target what opens it")
    func redirects() async throws {
        let files = try PullTests.image.layout()
        let storage = try ScriptedServer { request, _ in
            guard let name = request.path.split(separator: "/").last else { return .respond(404) }
            return files["blobs/sha256/\(name)"].map { .respond(200, [:], $0) } ?? .respond(404)
        }
        let index = try Documents.index(try #require(files["index.json"]), name: "")
        let manifest = try #require(index.manifests.first)
        let port = storage.port
        let expected = TestRegistry.credentials.basic
        let registry = try ScriptedServer { request, _ in
            if request.path == "/v2/" { return .respond(200) }
            guard request.headers["authorization"] == expected else {
                return .respond(401, ["www-authenticate": #"Basic realm="test""#])
            }
            if request.path.contains("/manifests/") {
                return .respond(
                    200, ["content-type": MediaType.manifest.rawValue],
                    files["blobs/sha256/\(manifest.digest.hex)"] ?? [])
            }
            let name = request.path.split(separator: ":").last.map(String.init) ?? ""
            return .respond(307, ["location": "http://127.0.0.1:\(port)/\(name)"])
        }
        let test = try PullFixture()
        let stored = try await test.pull("127.0.0.1:\(registry.port)/a:1", credentials: TestRegistry.credentials)
        #expect(try text("\(stored.layers[0])/hello") == "world")
        #expect(storage.requests.count == 3)
        #expect(storage.requests.allSatisfy { $0.headers["authorization"] == nil })
        #expect(registry.requests.count { $0.headers["authorization"] == nil && $0.path != "/v2/" } == 1, "asked once")
    }

    @Test("sends no password to a token service without TLS unless it may be plain itself")
    func plainRealm() async throws {
        let tokens = try ScriptedServer { _, _ in .respond(200, [:], Array(#"{"token": "t"}"#.utf8)) }
        let realm = try #require(URL(string: "http://127.0.0.1:\(tokens.port)/"))
        let clients = try RegistryClients(environment: [:])
        var code: ImageError.Code?
        do throws(RegistryFault) {
            _ = try await TokenService().token(
                for: .init(realm: realm, service: nil, scope: "a", credentials: TestRegistry.credentials),
                rejected: nil,
                exchange: HTTPExchange(clients: clients), tls: nil, allowsPlain: false)
        } catch {
            code = error.code
        }
        try await clients.shutdown()
        #expect(code == .badResponse)
        #expect(tokens.requests.isEmpty)
    }
}
