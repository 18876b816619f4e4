import BerthImages
import BerthOCI
import Hummingbird
import NIOCore

extension RegistryCall {
    func headBlob(_ digest: Digest, in name: RepositoryName) async throws -> Response {
        // A client that asks so is about to push, and will not push what is here.
        let blob = try await blocking { repositories throws(RepositoryError) in
            try repositories.claimBlob(digest, in: name)
        }
        return Response(status: .ok, headers: headers(of: digest, length: blob.length))
    }

    func getBlob(_ digest: Digest, in name: RepositoryName) async throws -> Response {
        let blob = try await blocking { repositories throws(RepositoryError) in
            try repositories.blob(digest, in: name)
        }
        switch ByteRange(arrival.request.headers[.range], of: blob.length) {
        case .whole:
            return Response(
                status: .ok, headers: headers(of: digest, length: blob.length), body: body(blob, 0..<blob.length))
        case .part(let range):
            var headers = headers(of: digest, length: Int64(range.count))
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(blob.length)"
            return Response(status: .partialContent, headers: headers, body: body(blob, range))
        case .unsatisfiable:
            var fault = RegistryFault(
                status: .rangeNotSatisfiable, code: "SIZE_INVALID",
                message: "the blob has \(blob.length) bytes, and the range begins behind them")
            fault.headers[.contentRange] = "bytes */\(blob.length)"
            throw fault
        }
    }

    func deleteBlob(_ digest: Digest, in name: RepositoryName) async throws -> Response {
        try await blocking { repositories throws(RepositoryError) in try repositories.deleteBlob(digest, in: name) }
        return Response(status: .accepted)
    }

    private func headers(of digest: Digest, length: Int64) -> HTTPFields {
        [
            .contentType: "application/octet-stream", .contentLength: "\(length)", .acceptRanges: "bytes",
            .dockerContentDigest: "\(digest)",
        ]
    }

    private func body(_ blob: KeptBlob, _ range: Range<Int64>) -> ResponseBody {
        let workers = service.workers
        return ResponseBody(contentLength: range.count) { writer in
            var offset = range.lowerBound
            while offset < range.upperBound {
                let piece = offset..<min(range.upperBound, offset + Int64(RegistryService.pieceSize))
                let bytes = try await workers.run { () throws(ImageError) in try blob.bytes(in: piece) }
                try await writer.write(ByteBuffer(bytes: bytes))
                offset = piece.upperBound
            }
            try await writer.finish(nil)
        }
    }
}
