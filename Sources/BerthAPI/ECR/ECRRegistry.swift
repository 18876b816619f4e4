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
            "BatchCheckLayerAvailability": JSONOperation { (input: LayerAvailabilityRequest, _) in
                try await service.layerAvailability(input)
            },
        ]
    }
}

extension ECRService {
    fileprivate func layerAvailability(_ input: LayerAvailabilityRequest) async throws -> LayerAvailabilityReply {
        let name = try name(input.repositoryName, registry: input.registryId)
        guard let texts = input.layerDigests, (1...100).contains(texts.count) else {
            throw ServiceError.constraint("layerDigests", "Member must have length between 1 and 100")
        }
        return try await blocking { repositories in
            _ = try repositories.repository(name)
            var reply = LayerAvailabilityReply(layers: [], failures: [])
            for text in texts {
                guard let digest = Digest(text) else {
                    reply.failures.append(
                        .init(
                            layerDigest: text, failureCode: "InvalidLayerDigest",
                            failureReason: "Invalid request parameters: layer digest is invalid"))
                    continue
                }
                let length = try? repositories.claimBlob(digest, in: name).length
                reply.layers.append(
                    .init(
                        layerDigest: text, layerAvailability: length == nil ? "UNAVAILABLE" : "AVAILABLE",
                        layerSize: length))
            }
            return reply
        }
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

private struct LayerAvailabilityRequest: Decodable {
    var registryId: String?
    var repositoryName: String?
    var layerDigests: [String]?
}

private struct LayerAvailabilityReply: Encodable, Sendable {
    struct Layer: Encodable, Sendable {
        var layerDigest: String
        var layerAvailability: String
        var layerSize: Int64?
    }
    struct Failure: Encodable, Sendable {
        var layerDigest: String
        var failureCode: String
        var failureReason: String
    }
    var layers: [Layer]
    var failures: [Failure]
}
