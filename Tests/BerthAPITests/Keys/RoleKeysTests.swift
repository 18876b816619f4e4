import Crypto
import Foundation
import Hummingbird
import Synchronization
import Testing

@testable import BerthAPI

@Suite("Keys of tasks' roles")
struct RoleKeysTests {
    private static let now = 1_700_000_000
    private static let role = AssumedRole(arn: "arn:aws:iam::123456789012:role/jobs/etl", task: "0123")

    private func keys(
        key: SymmetricKey = SymmetricKey(data: [UInt8](repeating: 7, count: 32)),
        isLive: @escaping @Sendable (String) -> Bool = { _ in true }
    ) -> RoleKeys {
        let lasting = AccessKey(id: "AKIALASTING", secret: "s", principal: .admin(account: "123456789012"))
        return RoleKeys(lasting: FixedKeys([lasting]), key: key, account: "123456789012", isLive: isLive)
    }

    @Test("they have AWS's shapes, hold for 5 to 6 hours, and are the same within an hour")
    func issue() throws {
        let issued = keys().issue(role: Self.role, now: Self.now)
        #expect(issued.accessKeyId.wholeMatch(of: /ASIA[A-Z2-7]{16}/) != nil)
        #expect(issued.secret.utf8.count == 40)
        #expect((5 * 3600...6 * 3600).contains(issued.expires - Self.now))
        #expect(keys().issue(role: Self.role, now: Self.now - Self.now % 3600) == issued)
        #expect(keys().issue(role: Self.role, now: Self.now + 3600).accessKeyId != issued.accessKeyId)
        let other = AssumedRole(arn: Self.role.arn, task: "0124")
        #expect(keys().issue(role: other, now: Self.now).secret != issued.secret)
    }

    @Test("another daemon, started later with the same key, knows them")
    func found() throws {
        let issued = keys().issue(role: Self.role, now: Self.now)
        let found = try #require(keys().accessKey(issued.accessKeyId, token: issued.token))
        #expect(found.secret == issued.secret && found.expires == issued.expires)
        #expect(found.principal.arn == "arn:aws:sts::123456789012:assumed-role/etl/0123")
        #expect(found.principal.userId.wholeMatch(of: /AROA[A-Z2-7]{17}:0123/) != nil)
        #expect(found.principal.role == Self.role)
        #expect(keys().accessKey("AKIALASTING", token: nil)?.secret == "s")
    }

    @Test("a token that was changed, of another key or beside another id, is nobody's")
    func forged() throws {
        let issued = keys().issue(role: Self.role, now: Self.now)
        let id = issued.accessKeyId
        #expect(keys(key: SymmetricKey(size: .bits256)).accessKey(id, token: issued.token) == nil)
        #expect(keys().accessKey("ASIA" + String(repeating: "A", count: 16), token: issued.token) == nil)
        #expect(keys().accessKey(id, token: nil) == nil)
        for index in [0, 5, issued.token.count - 1] {
            var bytes = Array(issued.token.utf8)
            bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(keys().accessKey(id, token: String(decoding: bytes, as: UTF8.self)) == nil)
        }
        for token in ["", ".", "a.b.c", "\u{0}", String(repeating: "A", count: 10_000)] {
            #expect(keys().accessKey(id, token: token) == nil)
        }
        // The registry's passwords are signed alike, by another key and for another purpose.
        let registry = RegistryToken(key: SymmetricKey(data: [UInt8](repeating: 7, count: 32)))
        let password = registry.issue(for: .admin(account: "1"), expires: .max)
        #expect(keys().accessKey(id, token: password) == nil)
        #expect(registry.holder(of: issued.token, now: 0) == nil)
    }

    @Test("a signature by them is accepted with its token until the time is over, or the task")
    func signature() throws {
        let live = LiveFlag(isLive: true)
        let keys = keys(isLive: { _ in live.value })
        let issued = keys.issue(role: Self.role, now: Self.now)
        func verify(token: String?, at time: Int, whileBodyComes: () -> Void = {}) throws -> Principal {
            let credentials = Credentials(
                accessKeyId: issued.accessKeyId, secretAccessKey: issued.secret, region: "us-east-1",
                sessionToken: token)
            var head = HTTPRequest(method: .post, scheme: "http", authority: "h", path: "/")
            for (name, value) in SigV4.sign(
                method: "POST", target: "/", host: "h", headers: [], body: [], credentials: credentials, service: "ecs",
                at: time)
            {
                head.headerFields[HeaderName.constant(name)] = value
            }
            let verifier = SignatureVerifier(keys: keys) { time }
            let candidate = try verifier.examine(head, query: "", service: "ecs")
            whileBodyComes()
            return try verifier.verify(candidate, head: head, path: "/", query: "", body: ByteBuffer())
        }
        #expect(try verify(token: issued.token, at: Self.now).role == Self.role)
        #expect(throws: RequestFault.unknownKey) { try verify(token: nil, at: Self.now) }
        #expect(throws: RequestFault.expiredToken) { try verify(token: issued.token, at: issued.expires) }
        #expect(throws: RequestFault.expiredToken) {
            try verify(token: issued.token, at: Self.now) { live.value = false }
        }
        #expect(throws: RequestFault.expiredToken) { try verify(token: issued.token, at: Self.now) }
        #expect(!keys.holds(Principal(Self.role, account: "123456789012")))
        #expect(keys.holds(.admin(account: "123456789012")))
    }

    @Test("the registry's password of a role ends with its task, and opens what is listed")
    func registry() throws {
        let live = LiveFlag(isLive: true)
        let keys = keys(isLive: { _ in live.value })
        let token = RegistryToken(key: SymmetricKey(size: .bits256))
        let principal = Principal(Self.role, account: "123456789012")
        let password = token.issue(for: principal, expires: 1_000)
        #expect(token.holder(of: password, now: 1) == principal)
        let permissions = try RolePermissions([Self.role.arn: ["ecr:BatchGet*"]])
        let gate = RegistryGate(keys: keys, token: token, permissions: permissions) { 1 }
        func head(_ method: HTTPRequest.Method) -> HTTPRequest {
            var head = HTTPRequest(method: method, scheme: "http", authority: "h", path: "/v2/")
            head.headerFields[.authorization] = "Basic " + Data("AWS:\(password)".utf8).base64EncodedString()
            return head
        }
        #expect(try gate.admit(head(.get)) == principal)
        #expect(throws: RegistryFault.self) { try gate.admit(head(.put)) }
        #expect(throws: RegistryFault.self) { try gate.admit(head(.delete)) }
        live.value = false
        #expect(throws: RegistryFault.self) { try gate.admit(head(.get)) }
    }
}

/// A flag that a closure and a test share.
private final class LiveFlag: Sendable {
    private let state: Mutex<Bool>
    init(isLive: Bool) { state = Mutex(isLive) }
    var value: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
