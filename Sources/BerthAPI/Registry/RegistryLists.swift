import BerthImages
import BerthOCI
import Foundation
import Hummingbird

extension RegistryCall {
    /// A list is cut here when nobody says where.
    private static let longestPage = 1_000

    /// `GET …/tags/list?n=&last=`.
    func tags(in name: RepositoryName) async throws -> Response {
        struct Body: Encodable {
            var name: String
            var tags: [String]
        }
        let (limit, last) = try page()
        let tags = try await blocking { repositories throws(RepositoryError) in
            try repositories.tags(in: name, after: last, limit: limit + 1)
        }
        return try reply(
            Body(name: "\(name)", tags: Array(tags.prefix(limit))),
            next: tags.count > limit && limit > 0 ? tags[limit - 1] : nil, of: "/v2/\(name)/tags/list", limit: limit)
    }

    /// `GET /v2/_catalog?n=&last=`, which Docker's registry has and tools ask for.
    func catalog() async throws -> Response {
        struct Body: Encodable {
            var repositories: [String]
        }
        let (limit, last) = try page()
        let names = try await blocking { repositories throws(RepositoryError) in
            try repositories.repositories(after: last, limit: limit + 1)
        }.map(\.name.description)
        return try reply(
            Body(repositories: Array(names.prefix(limit))),
            next: names.count > limit && limit > 0 ? names[limit - 1] : nil, of: "/v2/_catalog", limit: limit)
    }

    /// `GET …/referrers/<digest>?artifactType=`.
    func referrers(of digest: Digest, in name: RepositoryName) async throws -> Response {
        let (limit, last) = try page()
        let type = query["artifactType"].flatMap { $0.isEmpty ? nil : $0 }
        let found = try await blocking { repositories throws(RepositoryError) in
            try repositories.referrers(of: digest, artifactType: type, in: name, after: last, limit: limit + 1)
        }
        let index = Index(
            manifests: found.prefix(limit).map {
                Descriptor(
                    mediaType: $0.mediaType, digest: $0.digest, size: $0.size, annotations: $0.annotations,
                    artifactType: $0.artifactType)
            })
        var response = try reply(
            index, next: found.count > limit && limit > 0 ? found[limit - 1].digest.description : nil,
            of: "/v2/\(name)/referrers/\(digest)", limit: limit, further: type.map { ("artifactType", $0) })
        response.headers[.contentType] = MediaType.index.rawValue
        if type != nil { response.headers[.ociFiltersApplied] = "artifactType" }
        return response
    }

    /// How many, and behind which.
    private func page() throws(RegistryFault) -> (limit: Int, last: String?) {
        guard let text = query["n"] else { return (Self.longestPage, query["last"]) }
        guard let count = Int(text), count >= 0 else {
            throw RegistryFault(
                status: .badRequest, code: "PAGINATION_NUMBER_INVALID", message: "n must be a number from 0 on")
        }
        return (min(count, Self.longestPage), query["last"])
    }

    /// A page, with a link to the next one (RFC 8288).
    private func reply(
        _ body: some Encodable, next: String?, of path: String, limit: Int,
        further: (name: String, value: String)? = nil
    ) throws -> Response {
        var response = Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: try WireJSON.encode(body)))
        if let next {
            var query = "n=\(limit)&last=\(Self.encoded(next))"
            if let further { query += "&\(further.name)=\(Self.encoded(further.value))" }
            response.headers[.webLink] = "<\(path)?\(query)>; rel=\"next\""
        }
        return response
    }

    private static func encoded(_ text: String) -> String {
        var output: [UInt8] = []
        PercentEncoding.append(text.utf8, to: &output)
        return String(decoding: output, as: UTF8.self)
    }
}
