import BerthImages
import BerthOCI
import Hummingbird
import NIOCore

extension RegistryCall {
    /// `GET` and `HEAD`. The document comes as it was pushed, whatever the request accepts: converted, its digest would
    /// be another.
    func manifest(_ reference: ManifestReference, in name: RepositoryName) async throws -> Response {
        let (manifest, bytes) = try await blocking { repositories throws(RepositoryError) in
            try repositories.manifest(reference, in: name)
        }
        return Response(
            status: .ok,
            headers: [.contentType: manifest.mediaType.rawValue, .dockerContentDigest: "\(manifest.digest)"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    func putManifest(_ reference: ManifestReference, in name: RepositoryName) async throws -> Response {
        // Parameters of a media type change nothing about it.
        let type = arrival.request.headers[.contentType]?.prefix { $0 != ";" && $0 != " " }
        let bytes = try await collect(limit: Repositories.manifestLimit)
        let (manifest, _) = try await blocking { repositories throws(RepositoryError) in
            try repositories.put(bytes, mediaType: type.map(String.init), as: reference, in: name)
        }
        var response = Response(
            status: .created,
            headers: [
                .location: "/v2/\(name)/manifests/\(reference)", .dockerContentDigest: "\(manifest.digest)",
            ])
        // Tells the client that it need not keep the list of referrers itself.
        if let subject = manifest.subject { response.headers[.ociSubject] = "\(subject)" }
        return response
    }

    func deleteManifest(_ reference: ManifestReference, in name: RepositoryName) async throws -> Response {
        _ = try await blocking { repositories throws(RepositoryError) in try repositories.delete(reference, in: name) }
        return Response(status: .accepted)
    }

    private func collect(limit: Int) async throws -> [UInt8] {
        let tooLarge = RegistryFault(
            status: .contentTooLarge, code: "MANIFEST_INVALID", message: "a manifest may have \(limit) bytes")
        if let length = arrival.request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        var bytes: [UInt8] = []
        for try await buffer in arrival.request.body {
            guard bytes.count + buffer.readableBytes <= limit else { throw tooLarge }
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        return bytes
    }
}
