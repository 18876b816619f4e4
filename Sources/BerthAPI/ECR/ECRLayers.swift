import BerthImages
import BerthModel
import BerthOCI
import Foundation

extension JSONService {
    /// Layers by JSON, over the same uploads as those of `/v2/`: what ECR's own proxy uses between a client and it.
    static func layerOperations(_ service: ECRService) -> [String: JSONOperation] {
        [
            "BatchCheckLayerAvailability": JSONOperation { (input: LayerAvailabilityRequest, _) in
                try await service.layerAvailability(input)
            },
            "InitiateLayerUpload": JSONOperation { (input: InitiateLayerUploadRequest, _) in
                let name = try service.name(input.repositoryName, registry: input.registryId)
                let id = try await service.blocking { repositories in
                    let lease = try repositories.beginUpload(in: name)
                    try lease.release()
                    return lease.id
                }
                return InitiateLayerUploadReply(uploadId: id, partSize: ECRService.layerPartSize)
            },
            "UploadLayerPart": JSONOperation { (input: UploadLayerPartRequest, _) in
                try await service.uploadLayerPart(input)
            },
            "CompleteLayerUpload": JSONOperation { (input: CompleteLayerUploadRequest, _) in
                try await service.completeLayerUpload(input)
            },
            "GetDownloadUrlForLayer": JSONOperation { (input: DownloadUrlRequest, caller) in
                try await service.downloadUrl(input, caller)
            },
        ]
    }
}

extension ECRService {
    /// Bytes that a part of a layer should have: in base64 it fits into a request's body
    /// (``APIServer/Configuration/bodyLimit``).
    fileprivate static let layerPartSize: Int64 = 2 << 20

    fileprivate func layerAvailability(_ input: LayerAvailabilityRequest) async throws -> LayerAvailabilityReply {
        let name = try name(input.repositoryName, registry: input.registryId)
        let texts = try Self.digests(input.layerDigests)
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

    fileprivate func uploadLayerPart(_ input: UploadLayerPartRequest) async throws -> UploadLayerPartReply {
        let (name, id) = try (name(input.repositoryName, registry: input.registryId), Self.id(input.uploadId))
        guard let first = input.partFirstByte, let last = input.partLastByte, first >= 0, last >= first else {
            throw ServiceError.constraint(
                "partFirstByte", "from partFirstByte to partLastByte there is a byte at least")
        }
        guard let part = input.layerPartBlob, last - first == part.count - 1 else {
            throw ServiceError.constraint("layerPartBlob", "it has the bytes from partFirstByte to partLastByte")
        }
        let account = account
        return try await upload(id, in: name) { lease in
            guard first == lease.length else {
                throw ServiceError(
                    code: "InvalidLayerPartException",
                    message: "The layer part of upload '\(id)' in the repository with name '\(name)' in registry "
                        + "with id '\(account.id)' begins at byte \(first); the last valid byte received is "
                        + "\(lease.length - 1)")
            }
            let result = part.withUnsafeBytes { bytes in
                Result { () throws(RepositoryError) in try lease.append(bytes) }
            }
            try result.get()
            try lease.release()
            return UploadLayerPartReply(
                registryId: account.id, repositoryName: "\(name)", uploadId: id, lastByteReceived: lease.length - 1)
        }
    }

    fileprivate func completeLayerUpload(
        _ input: CompleteLayerUploadRequest
    ) async throws -> CompleteLayerUploadReply {
        let (name, id) = try (name(input.repositoryName, registry: input.registryId), Self.id(input.uploadId))
        let texts = try Self.digests(input.layerDigests)
        // Others are hashes that this registry does not know layers by.
        guard let digest = texts.compactMap({ Digest($0) }).first else {
            throw ServiceError.constraint("layerDigests", "one must satisfy regular expression 'sha256:[a-f0-9]{64}'")
        }
        let account = account
        let place = "in the repository with name '\(name)' in registry with id '\(account.id)'"
        return try await upload(id, in: name) { lease in
            guard lease.length > 0 else {
                throw ServiceError(
                    code: "EmptyUploadException", message: "The upload '\(id)' \(place) has no layer parts")
            }
            let isHere = (try? lease.owns(digest)) ?? false
            do {
                try lease.finish(digest)
            } catch RepositoryError.digestMismatch {
                throw ServiceError(
                    code: "InvalidLayerException",
                    message: "The layer of upload '\(id)' \(place) has not the digest '\(digest)'; upload it again")
            }
            if isHere {
                throw ServiceError(
                    code: "LayerAlreadyExistsException",
                    message: "Layer with digest '\(digest)' already exists \(place)")
            }
            return CompleteLayerUploadReply(
                registryId: account.id, repositoryName: "\(name)", uploadId: id, layerDigest: "\(digest)")
        }
    }

    fileprivate func downloadUrl(_ input: DownloadUrlRequest, _ caller: Caller) async throws -> DownloadUrlReply {
        let name = try name(input.repositoryName, registry: input.registryId)
        guard let digest = input.layerDigest.flatMap({ Digest($0) }) else {
            throw ServiceError.constraint("layerDigest", "must satisfy regular expression 'sha256:[a-f0-9]{64}'")
        }
        let account = account
        try await blocking { repositories in
            do { _ = try repositories.blob(digest, in: name) } catch RepositoryError.blobUnknown {
                throw ServiceError(
                    code: "LayersNotFoundException",
                    message: "The layer with digest '\(digest)' does not exist in the repository with name '\(name)' "
                        + "in the registry with id '\(account.id)'")
            }
        }
        let ticket = token.ticket(
            for: digest, in: name, expires: Int(Date().timeIntervalSince1970) + RegistryToken.ticketLifetime)
        let blob = "http://\(registry(for: caller))/v2/\(name)/blobs/\(digest)"
        return DownloadUrlReply(
            downloadUrl: "\(blob)?\(RegistryGate.ticketKey)=\(ticket)", layerDigest: "\(digest)")
    }

    /// Runs a call with an upload in its hands; one that throws lets the next call have the upload, if it is still there.
    private func upload<Reply: Sendable>(
        _ id: String, in name: RepositoryName, _ body: @escaping @Sendable (UploadLease) throws -> Reply
    ) async throws -> Reply {
        let account = account
        return try await blocking { repositories in
            let lease: UploadLease
            do { lease = try repositories.upload(id, in: name) } catch RepositoryError.uploadUnknown {
                throw ServiceError(
                    code: "UploadNotFoundException",
                    message: "The upload with id '\(id)' does not exist in the repository with name '\(name)' in "
                        + "registry with id '\(account.id)'")
            }
            do { return try body(lease) } catch {
                try? lease.release()
                throw error
            }
        }
    }

    private static func digests(_ texts: [String]?) throws(ServiceError) -> [String] {
        guard let texts, (1...100).contains(texts.count) else {
            throw .constraint("layerDigests", "Member must have length between 1 and 100")
        }
        return texts
    }

    private static func id(_ text: String?) throws(ServiceError) -> String {
        guard let text, !text.isEmpty, text.utf8.count <= 64 else {
            throw .constraint("uploadId", "Member must be what InitiateLayerUpload has given")
        }
        return text
    }
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

private struct InitiateLayerUploadRequest: Decodable {
    var registryId: String?
    var repositoryName: String?
}

private struct InitiateLayerUploadReply: Encodable {
    var uploadId: String
    var partSize: Int64
}

private struct UploadLayerPartRequest: Decodable {
    var registryId: String?
    var repositoryName: String?
    var uploadId: String?
    /// Counted from 0.
    var partFirstByte: Int64?
    var partLastByte: Int64?
    var layerPartBlob: Data?
}

private struct UploadLayerPartReply: Encodable, Sendable {
    var registryId: String
    var repositoryName: String
    var uploadId: String
    var lastByteReceived: Int64
}

private struct CompleteLayerUploadRequest: Decodable {
    var registryId: String?
    var repositoryName: String?
    var uploadId: String?
    var layerDigests: [String]?
}

private struct CompleteLayerUploadReply: Encodable, Sendable {
    var registryId: String
    var repositoryName: String
    var uploadId: String
    var layerDigest: String
}

private struct DownloadUrlRequest: Decodable {
    var registryId: String?
    var repositoryName: String?
    var layerDigest: String?
}

private struct DownloadUrlReply: Encodable {
    var downloadUrl: String
    var layerDigest: String
}
