import BerthImages
import BerthOCI
import BerthStore
import Hummingbird
import Logging
import NIOCore

/// The OCI distribution API 1.1 under `/v2/`, over the image store's repositories.
///
/// Bodies go to and from disk as they come; of none is more than ``pieceSize`` held, manifests apart.
struct RegistryService: Sendable {
    let repositories: Repositories
    let gate: RegistryGate
    /// For calls that block: files, digests, the database.
    let workers: WorkerThreads
    let logger: Logger

    /// Bytes read or written at a time.
    static let pieceSize = 512 << 10

    /// Answers a request; what goes wrong becomes an answer too.
    ///
    /// - Parameter local: who calls on the unix socket, for whom the kernel vouches; nil on TCP.
    func respond(to arrival: Arrival, local: Principal?) async -> Response {
        var response = await answer(arrival, local: local)
        response.headers[.dockerDistributionVersion] = "registry/2.0"
        response.headers[.amznRequestId] = arrival.requestId
        // HEAD's answer is GET's without its body.
        if arrival.request.method == .head { response = response.createHeadResponse() }
        return response
    }

    private func answer(_ arrival: Arrival, local: Principal?) async -> Response {
        do {
            if local == nil, !gate.hasTicket(arrival) { _ = try gate.admit(arrival.request.head) }
            return try await perform(RegistryRoute(arrival.path), arrival)
        } catch let fault as RegistryFault {
            if fault.status.code >= 500 { log(fault.message, arrival) }
            return fault.response
        } catch let error as RepositoryError {
            let fault = RegistryFault(error)
            if fault.status.code >= 500 { log(fault.message, arrival) }
            return fault.response
        } catch {
            log("\(error)", arrival)
            return RegistryFault.ours(
                "Berth failed; its log tells why, under request id \(arrival.requestId)."
            ).response
        }
    }

    private func perform(_ route: RegistryRoute, _ arrival: Arrival) async throws -> Response {
        let call = RegistryCall(service: self, arrival: arrival, query: QueryString(arrival.query.utf8))
        // HEAD is answered as GET; ``respond(to:local:)`` leaves the body out.
        switch (arrival.request.method, route) {
        case (.get, .base), (.head, .base): return call.json(status: .ok, "{}")
        case (.get, .catalog): return try await call.catalog()
        case (.get, .blob(let name, let digest)): return try await call.getBlob(digest, in: name)
        case (.head, .blob(let name, let digest)): return try await call.headBlob(digest, in: name)
        case (.delete, .blob(let name, let digest)): return try await call.deleteBlob(digest, in: name)
        case (.post, .uploads(let name)): return try await call.beginUpload(in: name)
        case (.get, .upload(let name, let id)): return try await call.uploadStatus(id, in: name)
        case (.patch, .upload(let name, let id)): return try await call.appendChunk(id, in: name)
        case (.put, .upload(let name, let id)): return try await call.finishUpload(id, in: name)
        case (.delete, .upload(let name, let id)): return try await call.cancelUpload(id, in: name)
        case (.get, .manifest(let name, let reference)), (.head, .manifest(let name, let reference)):
            return try await call.manifest(reference, in: name)
        case (.put, .manifest(let name, let reference)): return try await call.putManifest(reference, in: name)
        case (.delete, .manifest(let name, let reference)): return try await call.deleteManifest(reference, in: name)
        case (.put, .impossibleTag(_, let text)): throw RegistryFault.tagInvalid(text)
        case (_, .impossibleTag): throw RegistryFault.manifestUnknown
        case (.get, .tags(let name)): return try await call.tags(in: name)
        case (.get, .referrers(let name, let digest)): return try await call.referrers(of: digest, in: name)
        default: throw RegistryFault.unsupported
        }
    }

    private func log(_ cause: String, _ arrival: Arrival) {
        logger.error(
            "registry request failed",
            metadata: [
                "request": "\(arrival.request.method) \(arrival.path.prefix(300))", "error": "\(cause)",
                "requestId": "\(arrival.requestId)",
            ])
    }
}

/// One request to the registry.
struct RegistryCall: Sendable {
    let service: RegistryService
    let arrival: Arrival
    let query: QueryString

    var repositories: Repositories { service.repositories }

    /// Runs a call that blocks.
    func blocking<Value: Sendable>(
        _ body: @escaping @Sendable (Repositories) throws(RepositoryError) -> Value
    ) async throws(RepositoryError) -> Value {
        let repositories = repositories
        return try await service.workers.run { () throws(RepositoryError) in try body(repositories) }
    }

    func json(status: HTTPResponse.Status, _ text: String, type: String = "application/json") -> Response {
        Response(
            status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

extension HeaderName {
    static let dockerDistributionVersion = constant("Docker-Distribution-API-Version")
    static let dockerContentDigest = constant("Docker-Content-Digest")
    static let dockerUploadID = constant("Docker-Upload-UUID")
    static let ociSubject = constant("OCI-Subject")
    static let ociFiltersApplied = constant("OCI-Filters-Applied")
    static let webLink = constant("Link")
}
