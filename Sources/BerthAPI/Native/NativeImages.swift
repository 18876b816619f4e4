import BerthEngine
import Hummingbird

extension NativeCall {
    func listImages(_ engine: Engine) async throws -> Response {
        try reply(ImagesReply(images: try await engine.listImages()))
    }

    /// A line for each step of a pull; it ends with the client.
    func pullImage(_ engine: Engine) async throws -> Response {
        let input = try WireJSON.decode(PullImageRequest.self, from: body)
        return lines(
            of: engine.pullImage(input.reference, policy: input.policy, credentials: input.credentials?.value)
        ) { PullLine($0) }
    }

    /// Only for callers on this host: a path names a file that the daemon, which is root, may read.
    func importImage(_ engine: Engine) async throws -> Response {
        guard caller.isLocal else {
            throw RequestFault.accessDenied(
                "User: \(caller.principal.arn) is not authorized to perform: berth:ImportImage because it names a path "
                    + "of the daemon's host; call it on the daemon's unix socket")
        }
        let input = try WireJSON.decode(ImportImageRequest.self, from: body)
        return try reply(ImagesReply(images: try await engine.importImage(path: input.path, tag: input.tag)))
    }

    func inspectImage(_ reference: String, _ engine: Engine) async throws -> Response {
        try reply(try await engine.inspectImage(reference))
    }

    func removeImage(_ reference: String, _ engine: Engine) async throws -> Response {
        try reply(try await engine.removeImage(reference))
    }

    func pruneImages(_ engine: Engine) async throws -> Response {
        let input = try WireJSON.decode(PruneImagesRequest.self, from: body)
        return try reply(try await engine.pruneImages(all: input.all))
    }

    func imageDiskUse(_ engine: Engine) async throws -> Response { try reply(try await engine.imageDiskUse()) }

    /// The archive's bytes; their number is told first, so that a client knows one that was broken off.
    func saveImage(_ reference: String, _ engine: Engine) async throws -> Response {
        let download = try await engine.saveImage(reference)
        return Response(
            status: .ok, headers: [.contentType: "application/x-tar", .amznRequestId: requestId],
            body: ResponseBody(contentLength: Int(download.size)) { writer in
                for try await piece in download { try await writer.write(ByteBuffer(bytes: piece)) }
                try await writer.finish(nil)
            })
    }
}
