import BerthImages
import BerthModel
import Foundation

extension JSONService {
    static func repositoryOperations(_ service: ECRService) -> [String: JSONOperation] {
        [
            "CreateRepository": JSONOperation { (input: CreateRepositoryRequest, caller) in
                let name = try service.name(input.repositoryName, registry: input.registryId)
                let (settings, labels) = (try input.settings(), try ECRTags.labels(input.tags))
                let made = try await service.blocking { try $0.create(name, settings: settings, labels: labels) }
                return RepositoryReply(repository: service.shape(made, caller))
            },
            "DescribeRepositories": JSONOperation { (input: DescribeRepositoriesRequest, caller) in
                try await service.describeRepositories(input, caller)
            },
            "DeleteRepository": JSONOperation { (input: DeleteRepositoryRequest, caller) in
                let name = try service.name(input.repositoryName, registry: input.registryId)
                let gone = try await service.blocking { try $0.delete(name, force: input.force ?? false) }
                return RepositoryReply(repository: service.shape(gone, caller))
            },
            "PutImageTagMutability": JSONOperation { (input: PutImageTagMutabilityRequest, _) in
                let mutability = try TagMutability(input.imageTagMutability, input.imageTagMutabilityExclusionFilters)
                let changed = try await service.change(input) { $0.settings.mutability = mutability }
                return PutImageTagMutabilityReply(
                    registryId: service.account.id, repositoryName: "\(changed.name)",
                    imageTagMutability: mutability.mode.rawValue,
                    imageTagMutabilityExclusionFilters: mutability.wireFilters)
            },
            "PutImageScanningConfiguration": JSONOperation { (input: PutImageScanningConfigurationRequest, _) in
                let scans = input.imageScanningConfiguration?.scanOnPush ?? false
                let changed = try await service.change(input) { $0.settings.scanOnPush = scans }
                return PutImageScanningConfigurationReply(
                    registryId: service.account.id, repositoryName: "\(changed.name)",
                    imageScanningConfiguration: ScanningConfiguration(scanOnPush: scans))
            },
        ]
    }
}

/// A request about one repository.
protocol RepositoryRequest: Decodable, Sendable {
    var registryId: String? { get }
    var repositoryName: String? { get }
}

extension ECRService {
    func shape(_ repository: Repository, _ caller: Caller) -> ECRRepository {
        ECRRepository(repository, account: account, registry: registry(for: caller))
    }

    /// Changes the repository that a request names.
    func change(
        _ input: some RepositoryRequest, _ body: @escaping @Sendable (inout Repository) -> Void
    ) async throws -> Repository {
        let name = try name(input.repositoryName, registry: input.registryId)
        return try await blocking { try $0.change(name, body) }
    }

    fileprivate func describeRepositories(
        _ input: DescribeRepositoriesRequest, _ caller: Caller
    ) async throws -> DescribeRepositoriesReply {
        if let texts = input.repositoryNames, !texts.isEmpty {
            guard texts.count <= 100, input.nextToken == nil, input.maxResults == nil else {
                throw ServiceError.invalidParameter(
                    "repositoryNames holds at most 100 names and excludes nextToken and maxResults")
            }
            let names = try texts.map { text throws(ServiceError) in try name(text, registry: input.registryId) }
            let found = try await blocking { repositories in try names.map { try repositories.repository($0) } }
            return DescribeRepositoriesReply(repositories: found.map { shape($0, caller) })
        }
        if let registry = input.registryId, registry != account.id {
            return DescribeRepositoriesReply(repositories: [])
        }
        let size = try PageToken.pageSize(input.maxResults ?? 100, limit: 1_000)
        let after = try PageToken.after(input.nextToken, of: "DescribeRepositories")
        let found = try await blocking { try $0.repositories(after: after, limit: size + 1) }
        let token =
            found.count > size ? PageToken(list: "DescribeRepositories", after: "\(found[size - 1].name)").text : nil
        return DescribeRepositoriesReply(repositories: found.prefix(size).map { shape($0, caller) }, nextToken: token)
    }
}

private struct CreateRepositoryRequest: RepositoryRequest {
    var registryId: String?
    var repositoryName: String?
    var tags: [ECRTag]?
    var imageTagMutability: String?
    var imageTagMutabilityExclusionFilters: [ExclusionFilter]?
    var imageScanningConfiguration: ScanningConfiguration?
    var encryptionConfiguration: EncryptionConfiguration?

    func settings() throws(ServiceError) -> RepositorySettings {
        var settings = RepositorySettings()
        settings.mutability = try TagMutability(imageTagMutability, imageTagMutabilityExclusionFilters)
        settings.scanOnPush = imageScanningConfiguration?.scanOnPush ?? false
        let encryption = encryptionConfiguration?.encryptionType ?? settings.encryption
        guard ["AES256", "KMS", "KMS_DSSE"].contains(encryption) else {
            throw .constraint(
                "encryptionConfiguration.encryptionType", "Member must satisfy enum value set: [AES256, KMS, KMS_DSSE]")
        }
        settings.encryption = encryption
        settings.kmsKey = encryptionConfiguration?.kmsKey
        return settings
    }
}

private struct RepositoryReply: Encodable {
    var repository: ECRRepository
}

private struct DescribeRepositoriesRequest: Decodable {
    var registryId: String?
    var repositoryNames: [String]?
    var nextToken: String?
    var maxResults: Int?
}

private struct DescribeRepositoriesReply: Encodable {
    var repositories: [ECRRepository]
    var nextToken: String?
}

private struct DeleteRepositoryRequest: RepositoryRequest {
    var registryId: String?
    var repositoryName: String?
    var force: Bool?
}

private struct PutImageTagMutabilityRequest: RepositoryRequest {
    var registryId: String?
    var repositoryName: String?
    var imageTagMutability: String?
    var imageTagMutabilityExclusionFilters: [ExclusionFilter]?
}

private struct PutImageTagMutabilityReply: Encodable {
    var registryId: String
    var repositoryName: String
    var imageTagMutability: String
    var imageTagMutabilityExclusionFilters: [ExclusionFilter]?
}

private struct PutImageScanningConfigurationRequest: RepositoryRequest {
    var registryId: String?
    var repositoryName: String?
    var imageScanningConfiguration: ScanningConfiguration?
}

private struct PutImageScanningConfigurationReply: Encodable {
    var registryId: String
    var repositoryName: String
    var imageScanningConfiguration: ScanningConfiguration
}
