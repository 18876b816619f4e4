import BerthImages
import BerthModel
import BerthOCI
import Foundation

extension JSONService {
    /// The registry as a whole: who may push and pull, and what AWS's own tools ask before they go on.
    static func registryOperations(_ service: ECRService) -> [String: JSONOperation] {
        [
            "GetAuthorizationToken": JSONOperation { (input: GetAuthorizationTokenRequest, caller) in
                for registry in input.registryIds ?? [] where registry != service.account.id {
                    throw ServiceError.invalidParameter(
                        "there is no registry with id '\(registry)' here; this one is '\(service.account.id)'")
                }
                let expires = Int(Date().timeIntervalSince1970) + RegistryToken.lifetime
                let password = service.token.issue(for: caller.principal, expires: expires)
                return GetAuthorizationTokenReply(authorizationData: [
                    .init(
                        authorizationToken: Data("AWS:\(password)".utf8).base64EncodedString(),
                        expiresAt: Date(timeIntervalSince1970: Double(expires)),
                        proxyEndpoint: "http://\(service.registry(for: caller))")
                ])
            },
            "DescribeRegistry": JSONOperation { (_: Nothing, _) in
                DescribeRegistryReply(registryId: service.account.id)
            },
            "GetRegistryScanningConfiguration": JSONOperation { (_: Nothing, _) in
                RegistryScanningReply(registryId: service.account.id)
            },
            "DescribePullThroughCacheRules": JSONOperation { (_: Nothing, _) in PullThroughCacheRulesReply() },
        ]
    }
}

/// A request whose members change nothing here.
struct Nothing: Decodable {}

private struct GetAuthorizationTokenRequest: Decodable {
    /// Deprecated by AWS; a token is good for the whole registry.
    var registryIds: [String]?
}

private struct GetAuthorizationTokenReply: Encodable {
    struct Entry: Encodable {
        var authorizationToken: String
        var expiresAt: Date
        var proxyEndpoint: String
    }
    var authorizationData: [Entry]
}

private struct DescribeRegistryReply: Encodable {
    struct Replication: Encodable { var rules: [String] = [] }
    var registryId: String
    var replicationConfiguration = Replication()
}

private struct RegistryScanningReply: Encodable {
    struct Scanning: Encodable {
        var scanType = "BASIC"
        var rules: [String] = []
    }
    var registryId: String
    var scanningConfiguration = Scanning()
}

private struct PullThroughCacheRulesReply: Encodable {
    var pullThroughCacheRules: [String] = []
}
