import Hummingbird
import Testing

@testable import BerthAPI

@Suite("A signature is refused with the fault that says why")
struct SignatureVerifierTests {
    private let request = SignedByBotocore.withHeader[0]

    private func examine(
        _ change: (inout HTTPRequest) -> Void = { _ in },
        verifier: SignatureVerifier = SigV4VectorTests.verifier(), service: String = "ecs"
    ) throws {
        var head = request.head
        change(&head)
        let path = head.path ?? ""
        let query = path.drop { $0 != "?" }.dropFirst()
        _ = try verifier.examine(head, query: query, service: service)
    }

    private func fault(of body: () throws -> Void) -> RequestFault? {
        #expect(throws: RequestFault.self) { try body() }
    }

    @Test("no authorization at all")
    func noCredentials() {
        #expect(throws: RequestFault.noCredentials) { try examine { $0.headerFields[.authorization] = nil } }
    }

    @Test(
        "an authorization that lacks a part, or is of another kind",
        arguments: [
            "Basic QVdTOng=", "Bearer x", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260131/us-east-1/ecs, SignedHeaders=host, Signature=00",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260131/us-east-1/ecs/aws4_request, SignedHeaders=a, Signature=0g",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260131/us-east-1/ecs/aws4_request, Signature=00",
        ])
    func incomplete(_ authorization: String) {
        let fault = fault { try examine { $0.headerFields[.authorization] = authorization } }
        #expect(fault?.jsonCode == "IncompleteSignatureException")
    }

    @Test(
        "no date, or a date that is none",
        arguments: [nil, "", "yesterday", "20260132T000000Z", "2026-01-31T23:59:58Z"])
    func noDate(_ date: String?) {
        let fault = fault { try examine { $0.headerFields[.amzDate] = date } }
        #expect(fault?.jsonCode == "IncompleteSignatureException")
    }

    @Test("a Date header does where there is no x-amz-date")
    func httpDate() throws {
        try examine {
            $0.headerFields[.amzDate] = nil
            $0.headerFields[.date] = "Sat, 31 Jan 2026 23:59:58 GMT"
        }
    }

    @Test("a key that nobody has")
    func unknownKey() {
        let verifier = SignatureVerifier(keys: FixedKeys([])) { SignedByBotocore.time }
        #expect(throws: RequestFault.unknownKey) { try examine(verifier: verifier) }
    }

    @Test("another service's scope")
    func otherService() {
        #expect(throws: RequestFault.wrongSignature("Credential should be scoped to correct service: 'logs'.")) {
            try examine(service: "logs")
        }
    }

    @Test("a scope of another day")
    func otherDay() {
        let fault = fault { try examine { $0.headerFields[.amzDate] = "20260201T000001Z" } }
        #expect(fault?.message.contains("'20260131' != '20260201'") == true)
    }

    @Test("five minutes either way are accepted, a second more is not")
    func skew() throws {
        try examine(verifier: SigV4VectorTests.verifier(at: SignedByBotocore.time + 300))
        try examine(verifier: SigV4VectorTests.verifier(at: SignedByBotocore.time - 300))
        let late = fault { try examine(verifier: SigV4VectorTests.verifier(at: SignedByBotocore.time + 301)) }
        #expect(
            late
                == .wrongSignature(
                    "Signature expired: 20260131T235958Z is now earlier than 20260131T235959Z "
                        + "(20260201T000459Z - 5 min.)"
                ))
        let early = fault { try examine(verifier: SigV4VectorTests.verifier(at: SignedByBotocore.time - 301)) }
        #expect(
            early
                == .wrongSignature(
                    "Signature not yet current: 20260131T235958Z is still later than 20260131T235957Z "
                        + "(20260131T235457Z + 5 min.)"
                ))
    }

    @Test("an operation or host that the signature does not cover")
    func uncovered() {
        for header in ["x-amz-target", "host"] {
            let fault = fault {
                try examine { head in
                    let text = head.headerFields[.authorization] ?? ""
                    head.headerFields[.authorization] = text.replacing(
                        "content-type;host;x-amz-date;x-amz-target",
                        with: ["host", "x-amz-date", "x-amz-target"].filter { $0 != header }.joined(separator: ";"))
                }
            }
            #expect(fault?.jsonCode == "InvalidSignatureException")
            #expect(fault?.message.lowercased().hasPrefix("'\(header)' must be") == true)
        }
    }

    @Test("the wrong secret, also after the right one was cached")
    func wrongSecret() throws {
        #expect(throws: SigV4VectorTests.mismatch) {
            try SigV4VectorTests.verify(request, by: SigV4VectorTests.verifier(secret: "other"))
        }
        let cache = SigningKeyCache()
        let scope = SigV4.Scope(day: "20260131", region: "us-east-1", service: "ecs")
        var key = AccessKey(id: "A", secret: "one", principal: SigV4VectorTests.principal)
        cache.keep(SigV4.signingKey(secret: "one", scope: scope), of: key, scope: scope)
        key.secret = "two"
        #expect(cache.key(of: key, scope: scope) == SigV4.signingKey(secret: "two", scope: scope))
    }

    @Test("a session token where there is none, none where there is one, and another one")
    func tokens() {
        let signed = SignedByBotocore.withHeader[2]
        for token in [nil, "another"] {
            #expect(throws: RequestFault.unknownKey) {
                try SigV4VectorTests.verify(signed, by: SigV4VectorTests.verifier(token: token))
            }
        }
        #expect(throws: RequestFault.unknownKey) { try examine(verifier: SigV4VectorTests.verifier(token: "its own")) }
    }

    @Test("a temporary key after its time")
    func expiredToken() {
        let signed = SignedByBotocore.withHeader[2]
        let verifier = SigV4VectorTests.verifier(token: signed.token, expires: SignedByBotocore.time)
        #expect(throws: RequestFault.expiredToken) { try SigV4VectorTests.verify(signed, by: verifier) }
    }

    @Test("a presigned request after its time, and one for more than a week")
    func presigned() throws {
        var signed = SignedByBotocore.presigned[0]
        try SigV4VectorTests.verify(signed, by: SigV4VectorTests.verifier(at: SignedByBotocore.time + 60))
        let late = fault {
            try SigV4VectorTests.verify(signed, by: SigV4VectorTests.verifier(at: SignedByBotocore.time + 61))
        }
        #expect(late?.jsonCode == "RequestExpired")
        signed.target = signed.target.replacing("X-Amz-Expires=60", with: "X-Amz-Expires=604801")
        let long = fault { try SigV4VectorTests.verify(signed, by: SigV4VectorTests.verifier()) }
        #expect(long?.queryCode == "IncompleteSignature")
    }

    @Test("a declared body hash must be the body's")
    func declaredHash() throws {
        let body = Array(#"{"a":1}"#.utf8)
        let credentials = Credentials(
            accessKeyId: SignedByBotocore.accessKeyId, secretAccessKey: SignedByBotocore.secret, region: "x")
        for (hash, isRight) in [
            (SigV4.payloadHash(body), true), (SigV4.payloadHash([]), false), ("UNSIGNED-PAYLOAD", false),
        ] {
            var request = SignedByBotocore(testDescription: "", service: "ecs", body: #"{"a":1}"#)
            request.headers = [("x-amz-content-sha256", hash)]
            request.headers += SigV4.sign(
                method: "POST", target: "/", host: request.host, headers: request.headers, body: body,
                credentials: credentials, service: "ecs", at: SignedByBotocore.time)
            if isRight {
                try SigV4VectorTests.verify(request, by: SigV4VectorTests.verifier())
            } else {
                let fault = fault { try SigV4VectorTests.verify(request, by: SigV4VectorTests.verifier()) }
                #expect(fault == .wrongSignature("x-amz-content-sha256 is not the SHA-256 of the body."))
            }
        }
    }
}
