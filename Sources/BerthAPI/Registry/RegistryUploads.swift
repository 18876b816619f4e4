import BerthImages
import BerthOCI
import Hummingbird
import NIOCore

extension RegistryCall {
    /// `POST`: mounts a blob of another repository, takes a whole blob, or begins an upload.
    func beginUpload(in name: RepositoryName) async throws -> Response {
        if let mount = query["mount"] {
            let digest = try RegistryRoute.digest(mount)
            let source = try query["from"].map { text throws(RegistryFault) in try RegistryRoute.name([text]) }
            let isMounted = try await blocking { repositories throws(RepositoryError) in
                try repositories.mount(digest, from: source, into: name)
            }
            if isMounted { return created(digest, in: name) }
        }
        let expected = try query["digest"].map { text throws(RegistryFault) in try RegistryRoute.digest(text) }
        let lease = try await blocking { repositories throws(RepositoryError) in
            try repositories.beginUpload(in: name)
        }
        guard let expected else {
            try await release(lease)
            return progress(lease, status: .accepted)
        }
        do {
            try await receive(into: lease)
        } catch {
            // Nobody was told its id.
            await service.workers.run { lease.abandon() }
            throw error
        }
        return try await finish(lease, expected)
    }

    /// `GET`: how far it is.
    func uploadStatus(_ id: String, in name: RepositoryName) async throws -> Response {
        let upload = try await blocking { repositories throws(RepositoryError) in
            try repositories.progress(of: id, in: name)
        }
        return Response(status: .noContent, headers: place(upload, in: name))
    }

    /// `PATCH`: the next chunk, or a stream of all.
    func appendChunk(_ id: String, in name: RepositoryName) async throws -> Response {
        let lease = try await take(id, in: name)
        do {
            try await receive(into: lease)
        } catch {
            try? await release(lease)
            throw error
        }
        try await release(lease)
        return progress(lease, status: .accepted)
    }

    /// `PUT`: the last chunk, if there is one more, and the digest of the whole.
    func finishUpload(_ id: String, in name: RepositoryName) async throws -> Response {
        guard let text = query["digest"] else {
            throw RegistryFault(
                status: .badRequest, code: "DIGEST_INVALID", message: "the query lacks digest=sha256:…")
        }
        let digest = try RegistryRoute.digest(text)
        let lease = try await take(id, in: name)
        do {
            try await receive(into: lease)
        } catch {
            try? await release(lease)
            throw error
        }
        return try await finish(lease, digest)
    }

    /// `DELETE`.
    func cancelUpload(_ id: String, in name: RepositoryName) async throws -> Response {
        let lease = try await take(id, in: name)
        await service.workers.run { lease.abandon() }
        return Response(status: .noContent)
    }

    // MARK: Leases

    private func take(_ id: String, in name: RepositoryName) async throws(RepositoryError) -> UploadLease {
        try await blocking { repositories throws(RepositoryError) in try repositories.upload(id, in: name) }
    }

    private func release(_ lease: UploadLease) async throws(RepositoryError) {
        try await service.workers.run { () throws(RepositoryError) in try lease.release() }
    }

    private func finish(_ lease: UploadLease, _ digest: Digest) async throws(RepositoryError) -> Response {
        try await service.workers.run { () throws(RepositoryError) in try lease.finish(digest) }
        return created(digest, in: lease.repository)
    }

    // MARK: Bodies

    /// Writes the request's body behind what the upload has.
    private func receive(into lease: UploadLease) async throws {
        let headers = arrival.request.headers
        var length = headers[.contentLength].flatMap { Int64($0) }
        if let text = headers[.contentRange] {
            guard let range = ChunkRange(text) else {
                throw RegistryFault.uploadInvalid("Content-Range must be FIRST-LAST, such as 0-1023")
            }
            guard range.first == lease.length else { throw outOfOrder(lease) }
            if let length, length != range.count {
                throw RegistryFault.uploadInvalid("Content-Range and Content-Length differ")
            }
            length = range.count
        }
        let before = lease.length
        var piece = ByteBuffer()
        for try await var buffer in arrival.request.body {
            // The network's pieces are small; fewer, larger ones cost fewer changes of thread.
            piece.writeBuffer(&buffer)
            if piece.readableBytes >= RegistryService.pieceSize {
                try await write(piece, to: lease)
                piece.clear()
            }
        }
        if piece.readableBytes > 0 { try await write(piece, to: lease) }
        // A connection that broke looks like a body that ended. What came stays, and the client may go on behind it.
        if let length, lease.length - before != length {
            throw RegistryFault.uploadInvalid("the body has \(lease.length - before) bytes, and should have \(length)")
        }
    }

    private func write(_ piece: ByteBuffer, to lease: UploadLease) async throws(RepositoryError) {
        try await service.workers.run { () throws(RepositoryError) in
            let result = piece.withUnsafeReadableBytes { bytes in
                Result { () throws(RepositoryError) in try lease.append(bytes) }
            }
            try result.get()
        }
    }

    // MARK: Answers

    private func outOfOrder(_ lease: UploadLease) -> RegistryFault {
        var fault = RegistryFault(.outOfOrder(length: lease.length))
        fault.headers = place(lease.upload, in: lease.repository)
        return fault
    }

    private func progress(_ lease: UploadLease, status: HTTPResponse.Status) -> Response {
        Response(status: status, headers: place(lease.upload, in: lease.repository))
    }

    /// Where and behind which byte to go on. Relative, so that it also holds behind a proxy.
    private func place(_ upload: Upload, in name: RepositoryName) -> HTTPFields {
        [
            .location: "/v2/\(name)/blobs/uploads/\(upload.id)", .dockerUploadID: upload.id,
            // The specification has no way to say that nothing came yet.
            .range: "0-\(max(0, upload.length - 1))",
        ]
    }

    private func created(_ digest: Digest, in name: RepositoryName) -> Response {
        Response(
            status: .created,
            headers: [.location: "/v2/\(name)/blobs/\(digest)", .dockerContentDigest: "\(digest)"])
    }
}
