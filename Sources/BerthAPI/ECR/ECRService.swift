import BerthEngine
import BerthImages
import BerthModel
import BerthOCI
import BerthStore
import Foundation

/// What the operations of ECR stand on.
struct ECRService: Sendable {
    let repositories: Repositories
    let own: OwnRegistry
    let account: Account
    let token: RegistryToken
    /// For calls that block.
    let workers: WorkerThreads

    /// Runs a call that blocks; refusals come out in ECR's words.
    func blocking<Value: Sendable>(
        _ body: @escaping @Sendable (Repositories) throws -> Value
    ) async throws -> Value {
        let repositories = repositories
        let result = await workers.run { Result { try body(repositories) } }
        do { return try result.get() } catch let error as RepositoryError { throw ServiceError(error, account) }
    }

    /// A repository that a request names.
    ///
    /// - Throws: `InvalidParameterException` for what is no name, `RepositoryNotFoundException` for another registry.
    func name(_ text: String?, registry: String? = nil) throws(ServiceError) -> RepositoryName {
        guard let name = text.flatMap(RepositoryName.init) else {
            throw .constraint(
                "repositoryName",
                "must satisfy regular expression "
                    + "'[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(\\/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*' and have 2 to 256 characters"
            )
        }
        if let registry, registry != account.id {
            throw ServiceError(.repositoryUnknown(name), Account(region: account.region, id: registry))
        }
        return name
    }

    /// Where clients push to and pull from: the name by which the caller reached this daemon, if it is one that
    /// references are recognised by.
    func registry(for caller: Caller) -> String {
        if let authority = caller.authority, own.owns(authority) { return authority }
        return own.names.first ?? own.cloudName
    }
}

extension JSONService {
    /// Amazon ECR, version 2015-09-21.
    static func ecr(_ service: ECRService) -> JSONService {
        let groups = [
            repositoryOperations(service), imageOperations(service), imageListOperations(service),
            layerOperations(service), policyOperations(service), registryOperations(service),
        ]
        return JSONService(
            target: "AmazonEC2ContainerRegistry_V20150921", name: "ecr",
            operations: groups.reduce(into: [:]) { all, group in all.merge(group) { first, _ in first } })
    }
}

extension ServiceError {
    /// A parameter that breaks a rule, as ECR words it.
    static func constraint(_ parameter: String, _ constraint: String) -> ServiceError {
        .invalidParameter("Invalid parameter at '\(parameter)' failed to satisfy constraint: '\(constraint)'")
    }

    /// ECR's code and text for what the repositories refused.
    init(_ error: RepositoryError, _ account: Account) {
        let registry = "in the registry with id '\(account.id)'"
        switch error {
        case .repositoryUnknown(let name):
            self.init(
                code: "RepositoryNotFoundException",
                message: "The repository with name '\(name)' does not exist \(registry)")
        case .repositoryExists(let name):
            self.init(
                code: "RepositoryAlreadyExistsException",
                message: "The repository with name '\(name)' already exists \(registry)")
        case .repositoryNotEmpty(let name):
            self.init(
                code: "RepositoryNotEmptyException",
                message: "The repository with name '\(name)' in registry with id '\(account.id)' cannot be deleted "
                    + "because it still contains images")
        case .manifestUnknown(let reference, let name):
            let id = ImageIdentifier(reference)
            self.init(
                code: "ImageNotFoundException",
                message: "The image with imageId {imageDigest:'\(id.imageDigest ?? "null")', "
                    + "imageTag:'\(id.imageTag ?? "null")'} does not exist within the repository with name '\(name)' "
                    + registry)
        case .tagImmutable: self.init(code: "ImageTagAlreadyExistsException", message: error.description)
        case .manifestInvalid(let cause): self = .constraint("ImageManifest", cause)
        case .manifestIncomplete(let blobs, _):
            self.init(
                code: blobs.isEmpty ? "ReferencedImagesNotFoundException" : "LayersNotFoundException",
                message: error.description)
        case .digestMismatch: self.init(code: "ImageDigestDoesNotMatchException", message: error.description)
        case .storage: self = .serverException(error.description)
        case .blobUnknown, .blobInUse, .uploadUnknown, .uploadBusy, .outOfOrder, .manifestInUse:
            self = .invalidParameter(error.description)
        }
    }
}
