import BerthImages
import BerthModel

/// The tags of repositories as resources, which AWS keeps apart from those of images.
enum ECRTags {
    static func operations(_ service: ECRService) -> [String: JSONOperation] {
        [
            "ListTagsForResource": JSONOperation { (input: ResourceRequest, _) in
                let name = try service.name(ofResource: input.resourceArn)
                let found = try await service.blocking { try $0.repository(name) }
                return TagsReply(
                    tags: found.labels.sorted { $0.key < $1.key }.map { ECRTag(key: $0.key, value: $0.value) })
            },
            "TagResource": JSONOperation { (input: ResourceRequest, _) in
                let name = try service.name(ofResource: input.resourceArn)
                let labels = try labels(input.tags)
                let before = try await service.blocking { try $0.repository(name) }
                let merged = before.labels.merging(labels) { _, new in new }
                guard merged.count <= limit else { throw tooMany }
                _ = try await service.blocking { try $0.change(name) { $0.labels.merge(labels) { _, new in new } } }
                return EmptyReply()
            },
            "UntagResource": JSONOperation { (input: ResourceRequest, _) in
                let name = try service.name(ofResource: input.resourceArn)
                let keys = Set(input.tagKeys ?? [])
                _ = try await service.blocking {
                    try $0.change(name) { $0.labels = $0.labels.filter { !keys.contains($0.key) } }
                }
                return EmptyReply()
            },
        ]
    }

    private static let limit = 50
    private static let tooMany = ServiceError(
        code: "TooManyTagsException", message: "A resource has at most \(limit) tags.")

    /// Checked tags as keys and values.
    static func labels(_ tags: [ECRTag]?) throws(ServiceError) -> [String: String] {
        guard let tags else { return [:] }
        guard tags.count <= limit else { throw tooMany }
        do throws(ServiceError) {
            try TagRules.check(tags.map { Tag(key: $0.key, value: $0.value) })
        } catch {
            throw ServiceError(code: "InvalidTagParameterException", message: error.message)
        }
        return Dictionary(tags.map { ($0.key ?? "", $0.value ?? "") }) { _, last in last }
    }
}

extension ECRService {
    /// The repository of an ARN.
    fileprivate func name(ofResource arn: String?) throws(ServiceError) -> RepositoryName {
        let prefix = account.repositoryARN("")
        guard let arn, arn.hasPrefix(prefix) else {
            throw .constraint("resourceArn", "must be an ARN of a repository of this registry: \(prefix)NAME")
        }
        return try name(String(arn.dropFirst(prefix.count)))
    }
}

private struct ResourceRequest: Decodable {
    var resourceArn: String?
    var tags: [ECRTag]?
    var tagKeys: [String]?
}

private struct TagsReply: Encodable {
    var tags: [ECRTag]
}

private struct EmptyReply: Encodable {}
