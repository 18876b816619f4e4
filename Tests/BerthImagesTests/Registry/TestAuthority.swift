import Crypto
import Foundation
import Testing

/// A certificate authority of one test, and what it has signed; made with openssl.
final class TestAuthority {
    static let isPresent = FileManager.default.fileExists(atPath: "/usr/bin/openssl")

    let directory: TemporaryDirectory
    /// The authority's own certificate.
    var certificate: String { "\(directory.path)/ca.crt" }

    init() throws {
        directory = try TemporaryDirectory()
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj",
            "/CN=Berth test authority", "-keyout", "\(directory.path)/ca.key", "-out", certificate)
    }

    /// A certificate for 127.0.0.1 and localhost, and its key.
    func sign(_ name: String) throws -> (certificate: String, key: String) {
        let path = "\(directory.path)/\(name)"
        try openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=\(name)",
            "-keyout", "\(path).key", "-out", "\(path).csr")
        try writeFile("\(path).ext", Array("subjectAltName=IP:127.0.0.1,DNS:localhost".utf8))
        try openssl(
            "x509", "-req", "-in", "\(path).csr", "-CA", certificate, "-CAkey", "\(directory.path)/ca.key",
            "-CAcreateserial",
            "-days", "2", "-extfile", "\(path).ext", "-out", "\(path).crt")
        return ("\(path).crt", "\(path).key")
    }

    /// A directory in the form of certs.d that trusts it for a host.
    func trust(for host: String) throws -> String {
        let trusted = "\(directory.path)/certs.d"
        try FileManager.default.createDirectory(atPath: "\(trusted)/\(host)", withIntermediateDirectories: true)
        try? FileManager.default.removeItem(atPath: "\(trusted)/\(host)/ca.crt")
        try FileManager.default.copyItem(atPath: certificate, toPath: "\(trusted)/\(host)/ca.crt")
        return trusted
    }

    private func openssl(_ arguments: String...) throws { try Command.run("/usr/bin/openssl", arguments) }
}

/// A token service as registries send clients to: who knows the password gets a token that is signed with the
/// authority's key, for what was asked.
final class TestTokenService {
    let server: ScriptedServer
    private static let issuer = "berth-test"

    var realm: String { "http://127.0.0.1:\(server.port)/token" }

    /// - Parameters:
    ///   - credentials: who gets a token; nil for everybody.
    ///   - lifetime: what is said of a token, in seconds; each is good for an hour.
    init(authority: TestAuthority, credentials: (user: String, password: String)?, lifetime: Int = 300) throws {
        let key = try P256.Signing.PrivateKey(
            pemRepresentation: try String(contentsOfFile: "\(authority.directory.path)/ca.key", encoding: .utf8))
        let certificate = try String(contentsOfFile: authority.certificate, encoding: .utf8)
            .split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        let expected = credentials.map { "Basic " + Data("\($0.user):\($0.password)".utf8).base64EncodedString() }
        server = try ScriptedServer { request, _ in
            if let expected, request.headers["authorization"] != expected {
                return .respond(401, [:], Array(#"{"details": "incorrect username or password"}"#.utf8))
            }
            let fields = URLComponents(string: request.target)?.queryItems ?? []
            guard let scope = fields.first(where: { $0.name == "scope" })?.value?.split(separator: ":"),
                scope.count == 3,
                let token = try? Self.token(
                    key, certificate, service: fields.first { $0.name == "service" }?.value ?? "",
                    repository: String(scope[1]), actions: scope[2].split(separator: ",").map(String.init))
            else { return .respond(400) }
            return .respond(
                200, ["content-type": "application/json"],
                Array(#"{"token": "\#(token)", "expires_in": \#(lifetime)}"#.utf8))
        }
    }

    /// A JSON web token (RFC 7519) as the registry verifies it: ES256, with the certificate in its head.
    private static func token(
        _ key: P256.Signing.PrivateKey, _ certificate: String, service: String, repository: String, actions: [String]
    ) throws -> String {
        struct Access: Encodable {
            var type = "repository"
            var name: String
            var actions: [String]
        }
        struct Claims: Encodable {
            var iss, sub, aud, jti: String
            var exp, nbf, iat: Int
            var access: [Access]
        }
        let now = Int(Date().timeIntervalSince1970)
        let claims = Claims(
            iss: issuer, sub: "alice", aud: service, jti: UUID().uuidString, exp: now + 3600, nbf: now - 60,
            iat: now,
            access: [Access(name: repository, actions: actions)])
        let head = #"{"typ":"JWT","alg":"ES256","x5c":["\#(certificate)"]}"#
        let text = try base64(Data(head.utf8)) + "." + base64(JSONEncoder().encode(claims))
        return try text + "." + base64(key.signature(for: Data(text.utf8)).rawRepresentation)
    }

    private static func base64(_ data: Data) throws -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
