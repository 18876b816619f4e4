import BerthImages
import BerthOCI
import Crypto
import Foundation
import Hummingbird
import Testing

@testable import BerthAPI

@Suite("The wire of the registry inside")
struct RegistryWireTests {
    private static let hex = String(repeating: "ab", count: 32)

    private func name(_ text: String) throws -> RepositoryName { try #require(RepositoryName(text)) }

    @Test("paths are read from their end, for a repository may be called anything")
    func routes() throws {
        let digest = try #require(Digest(hex: Self.hex))
        #expect(try RegistryRoute("/v2") == .base)
        #expect(try RegistryRoute("/v2/") == .base)
        #expect(try RegistryRoute("/v2/_catalog") == .catalog)
        #expect(try RegistryRoute("/v2/a/blobs/b/tags/list") == .tags(try name("a/blobs/b")))
        #expect(try RegistryRoute("/v2/tags/list/tags/list") == .tags(try name("tags/list")))
        #expect(try RegistryRoute("/v2/ab/blobs/\(digest)") == .blob(try name("ab"), digest))
        #expect(try RegistryRoute("/v2/ab/blobs/sha256%3A\(Self.hex)") == .blob(try name("ab"), digest))
        #expect(try RegistryRoute("/v2/ab/blobs/uploads/") == .uploads(try name("ab")))
        #expect(try RegistryRoute("/v2/ab/blobs/uploads") == .uploads(try name("ab")))
        #expect(try RegistryRoute("/v2/ab/blobs/uploads/1-2") == .upload(try name("ab"), id: "1-2"))
        #expect(try RegistryRoute("/v2/ab/manifests/v1") == .manifest(try name("ab"), .tag("v1")))
        #expect(try RegistryRoute("/v2/ab/manifests/\(digest)") == .manifest(try name("ab"), .digest(digest)))
        #expect(try RegistryRoute("/v2/ab/manifests/.x") == .impossibleTag(try name("ab"), ".x"))
        #expect(try RegistryRoute("/v2/ab/referrers/\(digest)") == .referrers(try name("ab"), digest))
    }

    @Test(
        "what is no such path is refused by its code",
        arguments: [
            ("/v2/ab", "NAME_UNKNOWN"), ("/v2/ab/cd", "NAME_UNKNOWN"), ("/v2/ab/tags/other", "NAME_UNKNOWN"),
            ("/v2/AB/tags/list", "NAME_INVALID"), ("/v2/../tags/list", "NAME_INVALID"),
            ("/v2/%2e%2e/tags/list", "NAME_INVALID"), ("/v2//tags/list", "NAME_INVALID"),
            ("/v2/ab/blobs/sha256:AB", "DIGEST_INVALID"), ("/v2/ab/blobs/latest", "DIGEST_INVALID"),
            ("/v2/ab/manifests/sha512:\(hex)", "DIGEST_INVALID"), ("/v2/ab/referrers/v1", "DIGEST_INVALID"),
        ])
    func wrongRoutes(_ path: String, _ code: String) {
        let fault = #expect(throws: RegistryFault.self) { try RegistryRoute(path[...]) }
        #expect(fault?.code == code)
    }

    @Test(
        "one range of bytes is understood, and what is none is passed over",
        arguments: [
            (nil, ByteRange.whole), ("bytes=0-0", .part(0..<1)), ("bytes=5-", .part(5..<10)),
            ("bytes=-3", .part(7..<10)), ("bytes=-30", .part(0..<10)), ("bytes=5-99", .part(5..<10)),
            ("bytes=9-9", .part(9..<10)), ("bytes=10-", .unsatisfiable), ("bytes=10-12", .unsatisfiable),
            ("bytes=-0", .unsatisfiable), ("bytes=7-5", .whole), ("bytes=-", .whole), ("bytes=", .whole),
            ("bytes=a-b", .whole), ("bytes=1-2,4-5", .whole), ("items=1-2", .whole), ("bytes=+1-2", .whole),
            ("bytes=0-9223372036854775807", .part(0..<10)), ("bytes=99999999999999999999-", .whole),
        ] as [(String?, ByteRange)])
    func ranges(_ header: String?, _ expected: ByteRange) {
        #expect(ByteRange(header, of: 10) == expected)
    }

    @Test("an empty blob has no range")
    func emptyRange() {
        #expect(ByteRange("bytes=0-", of: 0) == .unsatisfiable)
        #expect(ByteRange("bytes=-1", of: 0) == .unsatisfiable)
        #expect(ByteRange(nil, of: 0) == .whole)
    }

    @Test("a chunk's range is first and last byte, as the specification and as HTTP write it")
    func chunks() {
        #expect(ChunkRange("0-99") == ChunkRange("bytes 0-99/*"))
        #expect(ChunkRange("100-199")?.first == 100)
        #expect(ChunkRange("100-199")?.count == 100)
        for text in ["", "-", "1-", "-1", "2-1", "a-b", "1-2-3", "0-9223372036854775807", "0--1", "+0-1"] {
            #expect(ChunkRange(text) == nil, "\(text)")
        }
    }

    @Test("a token tells who holds it until it is over, and no other key's token tells anything")
    func tokens() throws {
        let principal = Principal.admin(account: "123456789012")
        let token = RegistryToken(key: SymmetricKey(size: .bits256))
        let password = token.issue(for: principal, expires: 1_000)
        #expect(!password.contains(":"))
        #expect(token.holder(of: password, now: 999) == principal)
        #expect(token.holder(of: password, now: 1_000) == nil)
        #expect(RegistryToken(key: SymmetricKey(size: .bits256)).holder(of: password, now: 0) == nil)
        for index in password.indices {
            var forged = password
            forged.replaceSubrange(index...index, with: password[index] == "A" ? "B" : "A")
            // The last letter of either part may hold bits that no byte has.
            if let holder = token.holder(of: forged, now: 0) { #expect(holder == principal) }
        }
        for text in ["", ".", "a.b", password + "x.y", String(password.dropLast(4)), "\u{0}"] {
            #expect(token.holder(of: text, now: 0) == nil)
        }
    }

    @Test("a key pair opens the registry, but not one that needs a session token or is over")
    func keys() throws {
        let principal = Principal.admin(account: "123456789012")
        let gate = RegistryGate(
            keys: FixedKeys([
                AccessKey(id: "AKIA1", secret: "secret:with:colons", principal: principal),
                AccessKey(id: "ASIA1", secret: "s", principal: principal, sessionToken: "t"),
                AccessKey(id: "AKIA2", secret: "s", principal: principal, expires: 500),
            ]), token: RegistryToken(key: SymmetricKey(size: .bits256)), permissions: .none, now: { 500 })
        func admit(_ header: String?) throws -> Principal {
            var head = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/v2/")
            head.headerFields[.authorization] = header
            return try gate.admit(head)
        }
        func basic(_ text: String) -> String { "Basic " + Data(text.utf8).base64EncodedString() }
        #expect(try admit(basic("AKIA1:secret:with:colons")) == principal)
        #expect(try admit(basic("AKIA1:secret:with:colons").replacing("Basic", with: "basic")) == principal)
        for header in [
            nil, "", "Basic", basic("AKIA1"), basic("AKIA1:"), basic("AKIA1:secret"), basic("ASIA1:s"),
            basic("AKIA2:s"), basic("AKIA3:s"), basic(":"), basic("AWS:AKIA1"), "Bearer " + basic("AKIA1:s"),
            "Basic " + String(repeating: "A", count: 10_000),
        ] {
            #expect(throws: RegistryFault.self) { try admit(header) }
        }
    }
}
