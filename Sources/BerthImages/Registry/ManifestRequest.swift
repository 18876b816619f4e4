import AsyncHTTPClient
import BerthOCI
import NIOHTTP1

/// A manifest or index as a registry gave it, its digest verified.
struct RegistryDocument: Sendable {
    var bytes: [UInt8]
    var digest: Digest
    var mediaType: MediaType
}

extension RegistrySession {
    /// All kinds of manifest that Berth reads, in the order of preference.
    private static let accepted: HTTPHeaders = [
        "accept": [MediaType.index, .dockerIndex, .manifest, .dockerManifest].map(\.rawValue).joined(separator: ", ")
    ]

    /// Fetches a manifest or index.
    ///
    /// - Parameter name: a tag or a digest.
    func manifest(_ name: String) async throws(RegistryFault) -> RegistryDocument {
        let response = try await send(.GET, "manifests/\(name)", headers: Self.accepted)
        let bytes = try await HTTPExchange.collect(
            response, limit: Documents.maximumBytes, host: location.domain)
        let actual = try digest(of: bytes)
        // The header is a courtesy for a tag; what a digest names must be just that.
        let stated = response.headers.first(name: "docker-content-digest").flatMap { Digest($0) }
        if let expected = Digest(name) ?? stated, expected != actual {
            throw RegistryFault(
                .digestMismatch, "\(location) answers for \(expected) with a document that hashes to \(actual)")
        }
        let type = response.headers.first(name: "content-type").map { $0.prefix { $0 != ";" && $0 != " " } }
        return RegistryDocument(
            bytes: bytes, digest: actual, mediaType: MediaType(rawValue: type.map(String.init) ?? ""))
    }

    /// What a tag means now; nil if the registry does not say without sending it. Registries that count pulls do not
    /// count this.
    func digest(ofTag tag: String) async throws(RegistryFault) -> Digest? {
        let response = try await send(.HEAD, "manifests/\(tag)", headers: Self.accepted)
        _ = await HTTPExchange.note(response)
        return response.headers.first(name: "docker-content-digest").flatMap { Digest($0) }
    }

    private func digest(of bytes: [UInt8]) throws(RegistryFault) -> Digest {
        do throws(ImageError) { return try Documents.digest(of: bytes) } catch { throw RegistryFault(error) }
    }
}
