import AsyncHTTPClient
import BerthOCI
import BerthUnpack
import NIOCore
import NIOHTTP1

/// Takes a blob's bytes in their order.
protocol BlobSink: Sendable {
    /// Bytes taken so far, counting those of an earlier, broken download.
    var length: Int64 { get }
    /// Takes more; waits while too much is not yet written.
    func append(_ pieces: [ByteBuffer]) async throws(ImageError)
    /// Waits until all that was taken is written.
    func flush() async throws(ImageError)
}

/// Brings one blob from a registry into a sink, however often the connection breaks.
struct BlobDownload: Sendable {
    let session: RegistrySession
    let descriptor: Descriptor
    let sink: any BlobSink
    let retry: RetryPolicy

    /// A try that brought so much was a success, and those before it are forgotten.
    private static let progressBytes: Int64 = 1 << 20
    /// What is handed to the sink at a time.
    private static let pieceBytes = 256 << 10

    /// Returns when the sink has as many bytes as the descriptor says; whether they are the right ones is its business.
    func run() async throws(ImageError) {
        var attempt = 1
        var takesRanges = true
        while sink.length < descriptor.size {
            let before = sink.length
            do throws(RegistryFault) {
                try await fetch(from: before, asRange: takesRanges)
            } catch {
                // Who refuses to go on in the middle may yet send all of it.
                if takesRanges, before > 0, !error.isTransient {
                    takesRanges = false
                    continue
                }
                attempt = sink.length - before >= Self.progressBytes ? 2 : attempt + 1
                guard let pause = retry.pause(before: attempt, after: error) else {
                    throw error.error(attempts: attempt - 1)
                }
                try await retry.wait(pause)
            }
        }
    }

    /// One request, from a byte on to the end.
    private func fetch(from offset: Int64, asRange: Bool) async throws(RegistryFault) {
        var headers: HTTPHeaders = [:]
        if offset > 0, asRange { headers.add(name: "range", value: "bytes=\(offset)-") }
        let response = try await session.send(
            .GET, "blobs/\(descriptor.digest)", headers: headers, accepted: offset > 0 ? [200, 206] : [200])
        // Who does not know ranges sends all of it again.
        var skipped = response.status.code == 206 ? try checkRange(response, offset: offset) : offset
        if response.status.code == 200, let length = response.headers.first(name: "content-length").flatMap(Int64.init),
            length != descriptor.size
        {
            throw wrongSize("\(length) bytes")
        }
        var pieces: [ByteBuffer] = []
        var gathered = 0
        var taken = offset
        var floor = RateFloor(retry)
        do {
            for try await var piece in response.body {
                try floor.check(piece.readableBytes, from: session.location.domain)
                let skip = Int(min(skipped, Int64(piece.readableBytes)))
                piece.moveReaderIndex(forwardBy: skip)
                skipped -= Int64(skip)
                if piece.readableBytes == 0 { continue }
                taken += Int64(piece.readableBytes)
                if taken > descriptor.size { throw wrongSize("more") }
                gathered += piece.readableBytes
                pieces.append(piece)
                if gathered >= Self.pieceBytes {
                    try await sink.append(pieces)
                    pieces.removeAll(keepingCapacity: true)
                    gathered = 0
                }
            }
            try await sink.append(pieces)
        } catch let error as ImageError {
            throw RegistryFault(error)
        } catch let error as RegistryFault where !error.isTransient {
            throw error
        } catch {
            // What came before the break is kept.
            do throws(ImageError) { try await sink.append(pieces) } catch { throw RegistryFault(error) }
            throw error as? RegistryFault ?? HTTPExchange.fault(error, host: session.location.domain)
        }
        guard taken == descriptor.size else {
            throw RegistryFault(
                .unreachable,
                "\(session.location.domain) ended blob \(descriptor.digest) after \(taken) of \(descriptor.size) bytes",
                isTransient: true)
        }
    }

    /// - Returns: 0, the number of bytes to skip.
    private func checkRange(_ response: HTTPClientResponse, offset: Int64) throws(RegistryFault) -> Int64 {
        // RFC 9110, 14.4: bytes FIRST-LAST/COMPLETE.
        let range = response.headers.first(name: "content-range") ?? ""
        let numbers = range.split(whereSeparator: { " -/".contains($0) })
        guard numbers.count == 4, numbers[0] == "bytes", Int64(numbers[1]) == offset else {
            throw RegistryFault(
                .badResponse,
                "\(session.location.domain) was asked for bytes \(offset) on and answers with "
                    + "\"\(Printable.text(String(range.prefix(100))))\"")
        }
        if let complete = Int64(numbers[3]), complete != descriptor.size { throw wrongSize("\(complete) bytes") }
        return 0
    }

    private func wrongSize(_ actual: String) -> RegistryFault {
        RegistryFault(
            .sizeMismatch,
            "blob \(descriptor.digest) of \(session.location) has \(actual), but its descriptor says \(descriptor.size)"
        )
    }
}

/// Notices a body that comes in drops: without it one connection could hold up a pull for as long as its host likes.
private struct RateFloor {
    private let span: Duration
    private let bytes: Int
    private var begun = ContinuousClock.now
    private var count = 0

    init(_ retry: RetryPolicy) {
        span = retry.slowestSpan
        bytes = retry.slowestBytes
    }

    /// To be called with every piece; a body without any ends by the client's own patience.
    mutating func check(_ count: Int, from host: String) throws(RegistryFault) {
        self.count += count
        let now = ContinuousClock.now
        guard now - begun >= span else { return }
        guard self.count >= bytes else {
            throw RegistryFault(
                .unreachable, "\(host) has sent only \(self.count) bytes in \(span.components.seconds) s",
                isTransient: true)
        }
        (begun, self.count) = (now, 0)
    }
}
