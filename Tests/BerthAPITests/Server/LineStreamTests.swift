import AsyncHTTPClient
import BerthModel
import NIOCore
import Synchronization
import Testing

@testable import BerthAPI

@Suite("A stream of lines")
struct LineStreamTests {
    /// A route that streams the numbers it is fed, and notes when the stream is let go.
    private final class Feed: Sendable {
        let numbers: AsyncStream<Int>.Continuation
        private let ended = AsyncStream<Void>.makeStream()
        /// Given away with the first request: whoever holds a stream keeps it from ending.
        private let stream: Mutex<AsyncStream<Int>?>
        /// Whether the one who reads ends it, or has to be told of the server's end.
        private let isEnded: Bool

        init(isEnded: Bool) {
            self.isEnded = isEnded
            let (stream, numbers) = AsyncStream<Int>.makeStream()
            self.stream = Mutex(stream)
            self.numbers = numbers
            numbers.onTermination = { [ended = ended.continuation] _ in ended.finish() }
        }

        private var end: (@Sendable () -> Void)? {
            guard isEnded else { return nil }
            return { [numbers] in numbers.finish() }
        }

        var route: NativeRoute {
            { _, _ in
                { call in
                    let stream = try #require(self.stream.withLock { $0.take() })
                    return call.lines(of: stream, end: self.end) { ["number": $0] }
                }
            }
        }

        func waitForEnd() async {
            for await _ in ended.stream {}
        }
    }

    /// Asks for the stream on a connection that is this client's own.
    private func open(
        _ server: LiveServer, _ client: HTTPClient
    ) async throws -> HTTPClientResponse.Body.AsyncIterator {
        let request = server.request("GET", "/berth/v1/numbers", service: "berth")
        let response = try await client.execute(request, deadline: .now() + .seconds(60))
        #expect(response.status == .ok)
        #expect(response.headers.first(name: "content-type") == "application/x-ndjson")
        // Else a client would send its next request on a connection that is about to close.
        #expect(response.headers.first(name: "connection") == "close")
        return response.body.makeAsyncIterator()
    }

    private func withClient(_ body: (HTTPClient) async throws -> Void) async throws {
        let client = HTTPClient()
        do { try await body(client) } catch {
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    @Test("sends each line at once, and ends with its source", arguments: [true, false])
    func flushes(isEnded: Bool) async throws {
        let feed = Feed(isEnded: isEnded)
        try await LiveServer.run(native: feed.route) { server in
            try await withClient { client in
                feed.numbers.yield(1)
                var lines = try await open(server, client)
                for number in 1...3 {
                    let line = try #require(try await lines.next())
                    #expect(String(buffer: line) == "{\"number\":\(number)}\n")
                    feed.numbers.yield(number + 1)
                }
                feed.numbers.finish()
                #expect(try await lines.next().map { String(buffer: $0) } == "{\"number\":4}\n")
                #expect(try await lines.next() == nil)
            }
        }
    }

    @Test("lets its source go when the client goes away", arguments: [true, false])
    func disconnects(isEnded: Bool) async throws {
        let feed = Feed(isEnded: isEnded)
        try await LiveServer.run(native: feed.route) { server in
            try await withClient { client in
                feed.numbers.yield(1)
                var lines = try await open(server, client)
                _ = try await lines.next()
            }
            await feed.waitForEnd()
        }
    }

    @Test("does not keep the server from stopping", arguments: [true, false])
    func stops(isEnded: Bool) async throws {
        let feed = Feed(isEnded: isEnded)
        let client = HTTPClient()
        try await LiveServer.run(native: feed.route) { server in
            feed.numbers.yield(1)
            var lines = try await open(server, client)
            _ = try await lines.next()
            // The server is stopped now, while this stream is open; run returns only when it has ended.
        }
        await feed.waitForEnd()
        try await client.shutdown()
    }

    @Test("does not keep the server from stopping when the client reads no more", arguments: [true, false])
    func stopsDespiteSilence(isEnded: Bool) async throws {
        let feed = Feed(isEnded: isEnded)
        let client = HTTPClient()
        try await LiveServer.run(native: feed.route) { server in
            _ = try await open(server, client)
            // More than the sockets' buffers hold, so that the server is left waiting in a write.
            for number in 0..<1_000_000 {
                feed.numbers.yield(number)
                if number.isMultiple(of: 1000) { await Task.yield() }
            }
        }
        await feed.waitForEnd()
        try await client.shutdown()
    }
}
