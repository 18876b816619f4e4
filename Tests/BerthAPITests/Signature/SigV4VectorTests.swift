import Hummingbird
import Testing

@testable import BerthAPI

/// Requests signed by botocore 1.43.11 (`SigV4Auth` and `SigV4QueryAuth`) at 2026-01-31T23:59:58Z.
struct SignedByBotocore: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var service: String
    var region = "us-east-1"
    var method = "POST"
    var host = "127.0.0.1:8466"
    var target = "/"
    var headers: [(name: String, value: String)] = []
    var body = ""
    var token: String?
    /// Nil for a presigned request, whose target carries everything.
    var authorization: String?

    static let accessKeyId = "AKIDEXAMPLE"
    static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    static let time = 1_769_903_998

    /// As it arrives.
    var head: HTTPRequest {
        var fields = HTTPFields()
        for header in headers { HeaderName(header.name).map { fields[$0] = header.value } }
        if let authorization {
            fields[.amzDate] = "20260131T235958Z"
            fields[.authorization] = authorization
            fields[.amzSecurityToken] = token
        }
        return HTTPRequest(
            method: HTTPRequest.Method(rawValue: method) ?? .get, scheme: "http", authority: host, path: target,
            headerFields: fields)
    }

    var path: Substring { target.prefix { $0 != "?" } }
    var query: Substring { target.dropFirst(path.count + 1) }

    private static func authorization(_ scope: String, _ headers: String, _ signature: String) -> String {
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260131/\(scope)/aws4_request, "
            + "SignedHeaders=\(headers), Signature=\(signature)"
    }

    static let withHeader = [
        SignedByBotocore(
            testDescription: "ECS, JSON with a target", service: "ecs",
            headers: [
                ("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.RunTask"),
                ("Content-Type", "application/x-amz-json-1.1"),
            ],
            body: #"{"taskDefinition":"etl:3"}"#,
            authorization: authorization(
                "us-east-1/ecs", "content-type;host;x-amz-date;x-amz-target",
                "f21325b041f1996bc98699e6f38ccff8f0747ef587bde3878a81877a4f5ace6e")),
        SignedByBotocore(
            testDescription: "STS, a form, another region", service: "sts", region: "eu-central-1",
            host: "localhost:8466",
            headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
            body: "Action=GetCallerIdentity&Version=2011-06-15",
            authorization: authorization(
                "eu-central-1/sts", "content-type;host;x-amz-date",
                "de88af6065874599d9c4fa236593fe762d62f6f26f0911f5c200b6556c1019f0")),
        SignedByBotocore(
            testDescription: "Logs, with a session token", service: "logs", host: "berth.example",
            headers: [
                ("X-Amz-Target", "Logs_20140328.FilterLogEvents"), ("Content-Type", "application/x-amz-json-1.1"),
            ],
            body: "{}", token: "session/token+with==",
            authorization: authorization(
                "us-east-1/logs", "content-type;host;x-amz-date;x-amz-security-token;x-amz-target",
                "39b23e7d18ed698f64490dd06555ebf15c0f952e0a069f37e61cfe040119800b")),
        SignedByBotocore(
            testDescription: "an ARN in the path, repeated and empty query members", service: "berth", method: "GET",
            target: "/berth/v1/tasks/arn%3Aaws%3Aecs%3Aus-east-1%3A000000000000%3Atask%2Fdefault%2Fab/output"
                + "?follow=1&container=a%20b%2Bc&container=A&empty&~x=~%E2%82%AC",
            authorization: authorization(
                "us-east-1/berth", "host;x-amz-date",
                "04351cc8972702f51007ce37fd17086c2878206a2ffb3c42c358aa400dde7ea2")),
        SignedByBotocore(
            testDescription: "dot segments, doubled and trailing slashes", service: "berth", method: "GET",
            target: "/berth/./v1//x/../tasks/",
            authorization: authorization(
                "us-east-1/berth", "host;x-amz-date",
                "f1b6b6a02dc96f09d880312c887c0ce3a7a2b5a02e0292b1fab9e240f9fe732a")),
        SignedByBotocore(
            testDescription: "spaces in and around a value", service: "ecs",
            headers: [("X-Amz-Target", "  a   b "), ("Content-Type", "x")], body: "{}",
            authorization: authorization(
                "us-east-1/ecs", "content-type;host;x-amz-date;x-amz-target",
                "c30b4397edd618b241d67a594de8a127345c2b83e6d5fbcc7dedd79263a98fbe")),
    ]

    static let presigned = [
        SignedByBotocore(
            testDescription: "presigned for a minute", service: "sts", method: "GET", host: "berth.example",
            target: "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIDEXAMPLE%2F20260131%2Fus-east-1%2Fsts%2Faws4_request"
                + "&X-Amz-Date=20260131T235958Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
                + "&X-Amz-Signature=caab4163a4148b27a462a51f6e5a9ab785e8150c6ac9d8cd0024e0712c8999a0"),
        SignedByBotocore(
            testDescription: "presigned with a header and a session token", service: "sts", method: "GET",
            host: "berth.example",
            target: "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIDEXAMPLE%2F20260131%2Fus-east-1%2Fsts%2Faws4_request"
                + "&X-Amz-Date=20260131T235958Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id"
                + "&X-Amz-Security-Token=tok%2Fen%3D"
                + "&X-Amz-Signature=459c83a608b46893dd6530a2f2babb543f687bd581c7d98e5df2f0bfb3c0190d",
            headers: [("x-k8s-aws-id", "cluster one")], token: "tok/en="),
    ]
}

@Suite("Signature Version 4 agrees with botocore")
struct SigV4VectorTests {
    @Test("signing gives botocore's signature", arguments: SignedByBotocore.withHeader)
    func signs(_ request: SignedByBotocore) throws {
        let added = SigV4.sign(
            method: request.method, target: request.target, host: request.host, headers: request.headers,
            body: Array(request.body.utf8),
            credentials: Credentials(
                accessKeyId: SignedByBotocore.accessKeyId, secretAccessKey: SignedByBotocore.secret,
                region: request.region, sessionToken: request.token),
            service: request.service, at: SignedByBotocore.time)
        let authorization = try #require(added.last { $0.name == "authorization" })
        #expect(authorization.value == request.authorization)
        #expect(added.first { $0.name == "x-amz-date" }?.value == "20260131T235958Z")
        #expect(added.first { $0.name == "x-amz-security-token" }?.value == request.token)
    }

    @Test(
        "verifying accepts what botocore signed, and again with the cached key",
        arguments: SignedByBotocore.withHeader + SignedByBotocore.presigned)
    func verifies(_ request: SignedByBotocore) throws {
        let verifier = Self.verifier(token: request.token)
        for _ in 1...2 { #expect(try Self.verify(request, by: verifier) == Self.principal) }
    }

    @Test(
        "one changed byte of the body is noticed", arguments: SignedByBotocore.withHeader + SignedByBotocore.presigned)
    func noticesBody(_ request: SignedByBotocore) {
        var request = request
        request.body += " "
        #expect(throws: Self.mismatch) { try Self.verify(request, by: Self.verifier(token: request.token)) }
    }

    @Test(
        "another method, path or query member is noticed",
        arguments: SignedByBotocore.withHeader + SignedByBotocore.presigned)
    func noticesHead(_ request: SignedByBotocore) {
        let verifier = Self.verifier(token: request.token)
        var other = request
        other.method = "PUT"
        #expect(throws: Self.mismatch) { try Self.verify(other, by: verifier) }
        other = request
        other.target = "/x" + request.target
        #expect(throws: Self.mismatch) { try Self.verify(other, by: verifier) }
        other = request
        other.target += request.query.isEmpty ? "?a=b" : "&a=b"
        #expect(throws: Self.mismatch) { try Self.verify(other, by: verifier) }
    }

    static let principal = Principal.admin(account: "123456789012")

    static let mismatch = RequestFault.wrongSignature(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
            + "Key and signing method. Consult the service documentation for details.")

    static func verifier(
        token: String? = nil, expires: Int? = nil, secret: String = SignedByBotocore.secret,
        at time: Int = SignedByBotocore.time
    ) -> SignatureVerifier {
        let key = AccessKey(
            id: SignedByBotocore.accessKeyId, secret: secret, principal: principal, sessionToken: token,
            expires: expires)
        return SignatureVerifier(keys: FixedKeys([key])) { time }
    }

    @discardableResult
    static func verify(_ request: SignedByBotocore, by verifier: SignatureVerifier) throws -> Principal {
        let candidate = try verifier.examine(request.head, query: request.query, service: request.service)
        return try verifier.verify(
            candidate, head: request.head, path: request.path, query: request.query,
            body: ByteBuffer(string: request.body))
    }
}
