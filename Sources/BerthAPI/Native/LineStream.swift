import Hummingbird
import ServiceLifecycle

extension NativeCall {
    /// A reply of JSON lines, each sent at once, as long as `elements` come.
    ///
    /// It ends early when the client goes away, so that nothing follows a task for nobody, and when the daemon stops,
    /// so that a client that follows does not keep it from stopping. The connection ends with it: watching for the
    /// client's going away reads what comes next on it.
    func lines<Element: Sendable, Line: Encodable>(
        of elements: AsyncStream<Element>, _ line: @escaping @Sendable (Element) -> Line
    ) -> Response {
        let request = request
        return Response(
            status: .ok,
            headers: [.contentType: "application/x-ndjson", .connection: "close", .amznRequestId: requestId],
            body: ResponseBody { writer in
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    for await element in elements.cancelOnGracefulShutdown() {
                        var bytes = try WireJSON.encode(line(element))
                        bytes.writeInteger(UInt8(ascii: "\n"))
                        try await writer.write(bytes)
                    }
                }
                try await writer.finish(nil)
            })
    }
}
