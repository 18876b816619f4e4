import Foundation
import Testing

@testable import BerthAPI

@Suite("Credentials at the endpoint")
struct CredentialsEndpointTests {
    @Test("a task gets the keys of its role, and they are known")
    func own() async throws {
        try await LiveEndpoints.run { server in
            let reply = try server.ask("/v2/credentials/role-0")
            #expect(reply.status == 200)
            let document = try #require(reply.json(as: [String: String].self))
            #expect(Set(document.keys) == ["RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"])
            #expect(document["RoleArn"] == FakeTasks.role)
            #expect(document["Expiration"]?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:00:00Z/) != nil)
            let key = server.keys.accessKey(document["AccessKeyId"] ?? "", token: document["Token"])
            #expect(key?.secret == document["SecretAccessKey"])
            #expect(key?.principal.arn == "arn:aws:sts::123456789012:assumed-role/etl/\(FakeTasks.etl)")
            // SDKs add a query of their own, and ask again.
            let again = try server.ask("/v2/credentials/role-0?x=1")
            #expect(again.json(as: [String: String].self) == document)
        }
    }

    @Test("the faults have the codes that SDKs know")
    func faults() async throws {
        try await LiveEndpoints.run { server in
            for (path, host, code) in [
                ("/v2/credentials/", 2, "NoIdInRequest"), ("/v2/credentials", 2, "NoIdInRequest"),
                ("/v2/credentials/nonsense", 2, "InvalidIdInRequest"),
                ("/v2/credentials/role-f", 2, "InvalidIdInRequest"),
                ("/v2/credentials/role-0", 3, "InvalidIdInRequest"),
            ] as [(String, UInt8, String)] {
                let reply = try server.ask(path, from: host)
                #expect(reply.status == 400 && reply.json["code"] as? String == code)
                #expect(reply.json["HTTPErrorCode"] as? Int == 400)
            }
        }
        try await LiveEndpoints.run(withKeys: false) { server in
            let reply = try server.ask("/v2/credentials/role-0")
            #expect(reply.status == 503 && reply.json["code"] as? String == "CredentialsUninitialized")
        }
    }
}
