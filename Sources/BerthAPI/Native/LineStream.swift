import Hummingbird
import ServiceLifecycle

extension NativeCall {
    /// A reply of JSON lines, each sent at once, as long as `elements` come.
    ///
    /// It ends early when the client goes away, so that nothing follows a task for nobody, and when the daemon stops,
    /// so that a client that follows does not keep it from stopping. The connection ends with it: watching for the
    /// client's going away reads what comes next on it.
    ///
    /// - Parameter end: ends `elements` after those that have come, for a stream that can be ended so: without it each
    ///   element goes through two more tasks, which watch for the daemon's end.
    func lines<Element: Sendable, Line: Encodable>(
        of elements: AsyncStream<Element>, end: (@Sendable () -> Void)? = nil,
        _ line: @escaping @Sendable (Element) -> Line
    ) -> Response {
        let request = request
        return Response(
            status: .ok,
            headers: [.contentType: "application/x-ndjson", .connection: "close", .amznRequestId: requestId],
            body: ResponseBody { writer in
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    guard let end else {
                        for await element in elements.cancelOnGracefulShutdown() {
                            try await writer.write(WireJSON.line(line(element)))
                        }
                        return
                    }
                    // Also when a write fails: its source is not to fill it for nobody.
                    defer { end() }
                    try await withGracefulShutdownHandler {
                        for await element in elements { try await writer.write(WireJSON.line(line(element))) }
                    } onGracefulShutdown: {
                        end()
                    }
                }
                try await writer.finish(nil)
            })
    }
}

extension WireJSON {
    fileprivate static func line(_ value: some Encodable) throws -> ByteBuffer {
        var bytes = try encode(value)
        bytes.writeInteger(UInt8(ascii: "\n"))
        return bytes
    }
}
