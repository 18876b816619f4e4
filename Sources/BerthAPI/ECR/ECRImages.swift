import BerthImages
import BerthModel
import BerthOCI

extension JSONService {
    /// Operations on single images.
    static func imageOperations(_ service: ECRService) -> [String: JSONOperation] {
        [
            "BatchGetImage": JSONOperation { (input: ImageIdsRequest, _) in try await service.batchGetImage(input) },
            "BatchDeleteImage": JSONOperation { (input: ImageIdsRequest, _) in
                try await service.batchDeleteImage(input)
            },
            "PutImage": JSONOperation { (input: PutImageRequest, _) in try await service.putImage(input) },
        ]
    }
}

extension ECRService {
    fileprivate func batchGetImage(_ input: ImageIdsRequest) async throws -> BatchGetImageReply {
        let (name, ids) = try (name(input.repositoryName, registry: input.registryId), input.ids())
        let account = account
        return try await blocking { repositories in
            _ = try repositories.repository(name)
            var reply = BatchGetImageReply(images: [], failures: [])
            for id in ids {
                do throws(ImageFault) {
                    let found = try repositories.find(id, in: name)
                    let bytes = try repositories.bytes(of: found, in: name)
                    reply.images.append(
                        ECRImage(
                            registryId: account.id, repositoryName: "\(name)",
                            imageId: ImageIdentifier(imageDigest: "\(found.digest)", imageTag: id.imageTag),
                            imageManifest: String(decoding: bytes, as: UTF8.self),
                            imageManifestMediaType: found.mediaType.rawValue))
                } catch {
                    reply.failures.append(try error.failure(of: id))
                }
            }
            return reply
        }
    }

    fileprivate func batchDeleteImage(_ input: ImageIdsRequest) async throws -> BatchDeleteImageReply {
        let (name, ids) = try (name(input.repositoryName, registry: input.registryId), input.ids())
        return try await blocking { repositories in
            _ = try repositories.repository(name)
            var reply = BatchDeleteImageReply(imageIds: [], failures: [])
            for id in ids {
                do throws(ImageFault) {
                    reply.imageIds += try repositories.delete(id, in: name)
                } catch {
                    reply.failures.append(try error.failure(of: id))
                }
            }
            return reply
        }
    }

    fileprivate func putImage(_ input: PutImageRequest) async throws -> PutImageReply {
        let name = try name(input.repositoryName, registry: input.registryId)
        guard let manifest = input.imageManifest, !manifest.isEmpty else {
            throw ServiceError.constraint("imageManifest", "Member must not be null")
        }
        if let tag = input.imageTag, !Reference.isTag(tag) {
            throw ServiceError.constraint(
                "imageTag", "must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9-_.]{0,127}'")
        }
        if let text = input.imageDigest, Digest(text) == nil {
            throw ServiceError.constraint("imageDigest", "must satisfy regular expression 'sha256:[a-f0-9]{64}'")
        }
        let account = account
        return try await blocking { repositories in
            let bytes = Array(manifest.utf8)
            let before = input.imageTag.flatMap { try? repositories.describe(.tag($0), in: name) }
            let (kept, isNew) = try repositories.put(
                bytes, mediaType: input.imageManifestMediaType,
                as: input.imageTag.map(ManifestReference.tag)
                    ?? input.imageDigest.flatMap { Digest($0) }.map(ManifestReference.digest),
                expecting: input.imageDigest.flatMap { Digest($0) }, in: name)
            // AWS refuses what changes nothing.
            if !isNew, input.imageTag == nil || before?.digest == kept.digest {
                throw ServiceError(
                    code: "ImageAlreadyExistsException",
                    message:
                        "Image with digest '\(kept.digest)' and tag '\(input.imageTag ?? "null")' already exists in "
                        + "the repository with name '\(name)' in registry with id '\(account.id)'")
            }
            return PutImageReply(
                image: ECRImage(
                    registryId: account.id, repositoryName: "\(name)",
                    imageId: ImageIdentifier(imageDigest: "\(kept.digest)", imageTag: input.imageTag),
                    imageManifest: manifest, imageManifestMediaType: kept.mediaType.rawValue))
        }
    }
}

/// Why one image of a batch was left out.
private enum ImageFault: Error {
    case notFound
    case noIdentifier
    case invalidDigest
    case tagIsAnothers
    case referenced([Digest])
    case other(RepositoryError)

    /// - Throws: what concerns the whole call.
    func failure(of id: ImageIdentifier) throws -> ImageFailure {
        let (code, reason) =
            switch self {
            case .notFound: ("ImageNotFound", "Requested image not found")
            case .noIdentifier:
                ("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null")
            case .invalidDigest:
                (
                    "InvalidImageDigest",
                    "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"
                )
            case .tagIsAnothers:
                ("ImageTagDoesNotMatchDigest", "The provided imageTag does not match the provided imageDigest")
            case .referenced(let indexes):
                (
                    "ImageReferencedByManifestList",
                    "Requested image referenced by manifest list: [\(indexes.map(\.description).joined(separator: ", "))]"
                )
            case .other(let error): throw error
            }
        return ImageFailure(imageId: id, failureCode: code, failureReason: reason)
    }
}

extension Repositories {
    fileprivate func find(_ id: ImageIdentifier, in name: RepositoryName) throws(ImageFault) -> KeptManifest {
        if let text = id.imageDigest {
            guard let digest = Digest(text) else { throw .invalidDigest }
            let found = try image(.digest(digest), in: name)
            if let tag = id.imageTag, !found.tags.contains(tag) { throw .tagIsAnothers }
            return found
        }
        guard let tag = id.imageTag else { throw .noIdentifier }
        return try image(.tag(tag), in: name)
    }

    private func image(_ reference: ManifestReference, in name: RepositoryName) throws(ImageFault) -> KeptManifest {
        do throws(RepositoryError) { return try describe(reference, in: name) } catch {
            if case .manifestUnknown = error { throw .notFound }
            throw .other(error)
        }
    }

    fileprivate func bytes(of image: KeptManifest, in name: RepositoryName) throws(ImageFault) -> [UInt8] {
        do throws(RepositoryError) { return try manifest(.digest(image.digest), in: name).bytes } catch {
            throw .other(error)
        }
    }

    /// Takes away a tag, and the image with its last one; or, by digest alone, the image with all its tags.
    ///
    /// - Returns: what is gone.
    fileprivate func delete(_ id: ImageIdentifier, in name: RepositoryName) throws(ImageFault) -> [ImageIdentifier] {
        let image = try find(id, in: name)
        do throws(RepositoryError) {
            if let tag = id.imageTag {
                // Named by its tag alone it is whichever the tag names by now.
                let gone = try untag(tag, of: id.imageDigest == nil ? nil : image.digest, in: name)
                return [ImageIdentifier(imageDigest: "\(gone.digest)", imageTag: tag)]
            }
            let gone = try delete(.digest(image.digest), in: name)
            return gone.tags.isEmpty
                ? [ImageIdentifier(imageDigest: "\(gone.digest)")]
                : gone.tags.map { ImageIdentifier(imageDigest: "\(gone.digest)", imageTag: $0) }
        } catch {
            switch error {
            case .manifestInUse(_, let indexes): throw .referenced(indexes)
            case .manifestUnknown: throw .notFound
            default: throw .other(error)
            }
        }
    }
}

private struct ImageIdsRequest: Decodable, Sendable {
    var registryId: String?
    var repositoryName: String?
    var imageIds: [ImageIdentifier]?

    func ids() throws(ServiceError) -> [ImageIdentifier] {
        guard let imageIds, (1...100).contains(imageIds.count) else {
            throw .constraint("imageIds", "Member must have length between 1 and 100")
        }
        return imageIds
    }
}

private struct ECRImage: Encodable, Sendable {
    var registryId: String
    var repositoryName: String
    var imageId: ImageIdentifier
    var imageManifest: String
    var imageManifestMediaType: String
}

private struct ImageFailure: Encodable, Sendable {
    var imageId: ImageIdentifier
    var failureCode: String
    var failureReason: String
}

private struct BatchGetImageReply: Encodable, Sendable {
    var images: [ECRImage]
    var failures: [ImageFailure]
}

private struct BatchDeleteImageReply: Encodable, Sendable {
    var imageIds: [ImageIdentifier]
    var failures: [ImageFailure]
}

private struct PutImageRequest: Decodable, Sendable {
    var registryId: String?
    var repositoryName: String?
    var imageManifest: String?
    var imageManifestMediaType: String?
    var imageTag: String?
    var imageDigest: String?
}

private struct PutImageReply: Encodable, Sendable {
    var image: ECRImage
}
