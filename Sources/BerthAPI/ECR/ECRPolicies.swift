import BerthImages
import BerthModel
import Foundation

extension JSONService {
    /// Policies, which are kept and told but decide nothing here, and what Berth does not do: scanning.
    static func policyOperations(_ service: ECRService) -> [String: JSONOperation] {
        [
            "SetRepositoryPolicy": JSONOperation { (input: PolicyRequest, _) in
                let text = try PolicyText.checked(input.policyText, "policyText")
                return service.reply(try await service.change(input) { $0.settings.policy = text })
            },
            "GetRepositoryPolicy": JSONOperation { (input: PolicyRequest, _) in
                let found = try await service.find(input)
                guard found.settings.policy != nil else { throw service.missing("Repository", of: found) }
                return service.reply(found)
            },
            "DeleteRepositoryPolicy": JSONOperation { (input: PolicyRequest, _) in
                let found = try await service.find(input)
                guard found.settings.policy != nil else { throw service.missing("Repository", of: found) }
                _ = try await service.change(input) { $0.settings.policy = nil }
                return service.reply(found)
            },
            "PutLifecyclePolicy": JSONOperation { (input: PolicyRequest, _) in
                let text = try PolicyText.checked(input.lifecyclePolicyText, "lifecyclePolicyText")
                return service.lifecycleReply(try await service.change(input) { $0.settings.lifecyclePolicy = text })
            },
            "GetLifecyclePolicy": JSONOperation { (input: PolicyRequest, _) in
                let found = try await service.find(input)
                guard found.settings.lifecyclePolicy != nil else { throw service.missing("Lifecycle", of: found) }
                return service.lifecycleReply(found)
            },
            "DeleteLifecyclePolicy": JSONOperation { (input: PolicyRequest, _) in
                let found = try await service.find(input)
                guard found.settings.lifecyclePolicy != nil else { throw service.missing("Lifecycle", of: found) }
                _ = try await service.change(input) { $0.settings.lifecyclePolicy = nil }
                return service.lifecycleReply(found)
            },
            "StartImageScan": JSONOperation { (_: PolicyRequest, _) -> PolicyReply in
                throw ServiceError(
                    code: "ValidationException", message: "Berth does not scan images for vulnerabilities.")
            },
            "DescribeImageScanFindings": JSONOperation { (input: PolicyRequest, _) -> PolicyReply in
                let found = try await service.find(input)
                throw ServiceError(
                    code: "ScanNotFoundException",
                    message:
                        "Image scan does not exist for the image in the repository with name '\(found.name)' in the "
                        + "registry with id '\(service.account.id)': Berth does not scan images.")
            },
        ].merging(ECRTags.operations(service)) { first, _ in first }
    }
}

enum PolicyText {
    /// AWS's bounds are 10,240 bytes for repository policies and 30,720 for lifecycle policies.
    private static let limit = 30_720

    /// A policy's text, if it is a JSON object.
    static func checked(_ text: String?, _ member: String) throws(ServiceError) -> String {
        guard let text, !text.isEmpty else { throw .constraint(member, "Member must not be null") }
        guard text.utf8.count <= limit else {
            throw .constraint(member, "Member must have length less than or equal to \(limit)")
        }
        guard (try? JSONSerialization.jsonObject(with: Data(text.utf8))) is [String: Any] else {
            throw .constraint(member, "Invalid repository policy provided")
        }
        return text
    }
}

extension ECRService {
    fileprivate func find(_ input: some RepositoryRequest) async throws -> Repository {
        let name = try name(input.repositoryName, registry: input.registryId)
        return try await blocking { try $0.repository(name) }
    }

    fileprivate func missing(_ kind: String, of repository: Repository) -> ServiceError {
        ServiceError(
            code: "\(kind)PolicyNotFoundException",
            message: "\(kind) policy does not exist for the repository with name '\(repository.name)' in the registry "
                + "with id '\(account.id)'")
    }

    fileprivate func reply(_ repository: Repository) -> PolicyReply {
        PolicyReply(
            registryId: account.id, repositoryName: "\(repository.name)", policyText: repository.settings.policy)
    }

    fileprivate func lifecycleReply(_ repository: Repository) -> PolicyReply {
        PolicyReply(
            registryId: account.id, repositoryName: "\(repository.name)",
            lifecyclePolicyText: repository.settings.lifecyclePolicy)
    }
}

private struct PolicyRequest: RepositoryRequest {
    var registryId: String?
    var repositoryName: String?
    var policyText: String?
    var lifecyclePolicyText: String?
}

private struct PolicyReply: Encodable {
    var registryId: String
    var repositoryName: String
    var policyText: String?
    var lifecyclePolicyText: String?
}
