import BerthImages
import BerthModel
import BerthOCI
import Foundation

// Shapes that several operations of ECR share, with the members of its service model.

struct ImageIdentifier: Codable, Hashable, Sendable {
    var imageDigest: String?
    var imageTag: String?

    init(imageDigest: String? = nil, imageTag: String? = nil) {
        self.imageDigest = imageDigest
        self.imageTag = imageTag
    }

    init(_ reference: ManifestReference) {
        switch reference {
        case .digest(let digest): imageDigest = digest.description
        case .tag(let tag): imageTag = tag
        }
    }
}

struct ECRTag: Codable, Sendable {
    var key: String?
    var value: String?

    enum CodingKeys: String, CodingKey {
        case key = "Key"
        case value = "Value"
    }
}

struct ExclusionFilter: Codable, Sendable {
    var filterType: String?
    var filter: String?
}

struct ScanningConfiguration: Codable, Sendable {
    var scanOnPush: Bool?
}

struct EncryptionConfiguration: Codable, Sendable {
    var encryptionType: String?
    var kmsKey: String?
}

struct ECRRepository: Encodable {
    var repositoryArn: String
    var registryId: String
    var repositoryName: String
    var repositoryUri: String
    var createdAt: Date
    var imageTagMutability: String
    var imageTagMutabilityExclusionFilters: [ExclusionFilter]?
    var imageScanningConfiguration: ScanningConfiguration
    var encryptionConfiguration: EncryptionConfiguration

    /// - Parameter registry: host and port.
    init(_ repository: Repository, account: Account, registry: String) {
        let settings = repository.settings
        repositoryArn = account.repositoryARN("\(repository.name)")
        registryId = account.id
        repositoryName = "\(repository.name)"
        repositoryUri = "\(registry)/\(repository.name)"
        createdAt = Date(timeIntervalSince1970: Double(repository.created) / 1000)
        imageTagMutability = settings.mutability.mode.rawValue
        imageTagMutabilityExclusionFilters = settings.mutability.wireFilters
        imageScanningConfiguration = ScanningConfiguration(scanOnPush: settings.scanOnPush)
        encryptionConfiguration = EncryptionConfiguration(
            encryptionType: settings.encryption, kmsKey: settings.kmsKey)
    }
}

extension TagMutability {
    /// Nil without any.
    var wireFilters: [ExclusionFilter]? {
        exclusions.isEmpty ? nil : exclusions.map { ExclusionFilter(filterType: "WILDCARD", filter: $0) }
    }

    /// Reads what a request says.
    init(_ mode: String?, _ filters: [ExclusionFilter]?) throws(ServiceError) {
        guard let mode = Mode(rawValue: mode ?? Mode.mutable.rawValue) else {
            throw .constraint(
                "imageTagMutability",
                "Member must satisfy enum value set: [\(Mode.allCases.map(\.rawValue).joined(separator: ", "))]")
        }
        let takesFilters = mode == .immutableWithExclusion || mode == .mutableWithExclusion
        let filters = filters ?? []
        guard takesFilters != filters.isEmpty, filters.count <= 5 else {
            throw .constraint(
                "imageTagMutabilityExclusionFilters",
                takesFilters ? "Member must have 1 to 5 filters" : "only the modes with exclusion take filters")
        }
        var exclusions: [String] = []
        for filter in filters {
            guard filter.filterType == "WILDCARD", let pattern = filter.filter, (1...128).contains(pattern.utf8.count)
            else {
                throw .constraint(
                    "imageTagMutabilityExclusionFilters", "a filter is of type WILDCARD and has 1 to 128 characters")
            }
            exclusions.append(pattern)
        }
        self.init(mode: mode, exclusions: exclusions)
    }
}
