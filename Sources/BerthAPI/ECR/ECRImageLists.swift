import BerthImages
import BerthModel
import BerthOCI
import Foundation

extension JSONService {
    /// What images a repository has.
    static func imageListOperations(_ service: ECRService) -> [String: JSONOperation] {
        [
            "ListImages": JSONOperation { (input: ImageListRequest, _) in
                let name = try service.name(input.repositoryName, registry: input.registryId)
                let size = try PageToken.pageSize(input.maxResults ?? 100, limit: 1_000)
                let after = try PageToken.after(input.nextToken, of: "ListImages")
                let isTagged = try input.filter?.isTagged()
                let found = try await service.blocking {
                    try $0.imageNames(in: name, isTagged: isTagged, after: after, limit: size + 1)
                }
                return ListImagesReply(
                    imageIds: found.prefix(size).map { ImageIdentifier(imageDigest: "\($0.digest)", imageTag: $0.tag) },
                    nextToken: found.count > size
                        ? PageToken(list: "ListImages", after: found[size - 1].place).text : nil)
            },
            "DescribeImages": JSONOperation { (input: ImageListRequest, _) in
                let name = try service.name(input.repositoryName, registry: input.registryId)
                let account = service.account
                if let ids = input.imageIds, !ids.isEmpty {
                    let references = try input.references(ids)
                    let found = try await service.blocking { repositories in
                        try references.map { try repositories.describe($0, in: name) }
                    }
                    return DescribeImagesReply(imageDetails: found.map { ImageDetail($0, name, account) })
                }
                let size = try PageToken.pageSize(input.maxResults ?? 100, limit: 1_000)
                let after = try PageToken.after(input.nextToken, of: "DescribeImages")
                let isTagged = try input.filter?.isTagged()
                let found = try await service.blocking {
                    try $0.manifests(in: name, isTagged: isTagged, after: after, limit: size + 1)
                }
                return DescribeImagesReply(
                    imageDetails: found.prefix(size).map { ImageDetail($0, name, account) },
                    nextToken: found.count > size
                        ? PageToken(list: "DescribeImages", after: "\(found[size - 1].digest)").text : nil)
            },
        ]
    }
}

private struct ImageListRequest: Decodable {
    struct Filter: Decodable {
        var tagStatus: String?

        /// Nil for all.
        func isTagged() throws(ServiceError) -> Bool? {
            switch tagStatus {
            case nil, "ANY": nil
            case "TAGGED": true
            case "UNTAGGED": false
            default:
                throw .constraint("filter.tagStatus", "Member must satisfy enum value set: [TAGGED, UNTAGGED, ANY]")
            }
        }
    }

    var registryId: String?
    var repositoryName: String?
    var imageIds: [ImageIdentifier]?
    var nextToken: String?
    var maxResults: Int?
    var filter: Filter?

    func references(_ ids: [ImageIdentifier]) throws(ServiceError) -> [ManifestReference] {
        guard ids.count <= 100, nextToken == nil, maxResults == nil else {
            throw .invalidParameter("imageIds holds at most 100 images and excludes nextToken and maxResults")
        }
        var references: [ManifestReference] = []
        for id in ids {
            guard let text = id.imageDigest ?? id.imageTag, let reference = ManifestReference(text) else {
                throw .constraint("imageIds", "each has a digest of sha256: and 64 hexadecimal digits, or a tag")
            }
            references.append(reference)
        }
        return references
    }
}

private struct ListImagesReply: Encodable {
    var imageIds: [ImageIdentifier]
    var nextToken: String?
}

private struct DescribeImagesReply: Encodable {
    var imageDetails: [ImageDetail]
    var nextToken: String?
}

private struct ImageDetail: Encodable {
    var registryId: String
    var repositoryName: String
    var imageDigest: String
    /// Absent when there is none, as AWS leaves it out.
    var imageTags: [String]?
    var imageSizeInBytes: Int64
    var imagePushedAt: Date
    var imageManifestMediaType: String
    var artifactMediaType: String?
    var lastRecordedPullTime: Date?

    init(_ manifest: KeptManifest, _ name: RepositoryName, _ account: Account) {
        registryId = account.id
        repositoryName = "\(name)"
        imageDigest = "\(manifest.digest)"
        imageTags = manifest.tags.isEmpty ? nil : manifest.tags
        imageSizeInBytes = manifest.imageSize
        imagePushedAt = Date(timeIntervalSince1970: Double(manifest.pushed) / 1000)
        imageManifestMediaType = manifest.mediaType.rawValue
        artifactMediaType = manifest.artifactType
        lastRecordedPullTime = manifest.pulled.map { Date(timeIntervalSince1970: Double($0) / 1000) }
    }
}
