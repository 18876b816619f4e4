import AsyncHTTPClient
import BerthAPI
import BerthModel
import Foundation
import NIOCore
import NIOHTTP1

/// Speaks to a daemon: the AWS APIs and Berth's own routes, over the unix socket or signed over HTTP.
struct Client: Sendable {
    let endpoint: Endpoint
    private let http: HTTPClient

    /// How long the daemon may be silent before an ordinary answer: an import reads and unpacks a whole image meanwhile.
    private static let patience = TimeAmount.minutes(30)

    /// Opens nothing yet; the connection is made by the first request and closed when `body` returns.
    static func with<Result>(_ endpoint: Endpoint, _ body: (Client) async throws -> Result) async throws -> Result {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: nil))
        configuration.httpVersion = .http1Only
        // A daemon that is not there is an answer, not something to wait ten seconds for.
        configuration.connectionPool.retryConnectionEstablishment = false
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let result = try await body(Client(endpoint: endpoint, http: http))
            try await http.shutdown()
            return result
        } catch {
            try? await http.shutdown()
            throw error
        }
    }

    /// Calls an operation of ECS: `RunTask` and so on.
    func ecs<Reply: Decodable>(_ operation: String, _ request: some Encodable) async throws -> Reply {
        let response = try await send(
            method: .POST, target: "/", service: "ecs",
            headers: [
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", "AmazonEC2ContainerServiceV20141113.\(operation)"),
            ],
            body: try WireJSON.encoder.encode(request), patience: Self.patience)
        return try await decode(response)
    }

    /// Reads one of Berth's own routes below `/berth/v1`.
    func get<Reply: Decodable>(_ path: String, query: [(String, String)] = []) async throws -> Reply {
        try await decode(
            try await send(
                method: .GET, target: Self.target(path, query), service: "berth", headers: [], body: Data(),
                patience: Self.patience))
    }

    /// Sends a document to one of Berth's own routes.
    func post<Reply: Decodable>(_ path: String, _ request: some Encodable) async throws -> Reply {
        try await decode(
            try await send(
                method: .POST, target: Self.target(path, []), service: "berth",
                headers: [("content-type", "application/json")], body: try WireJSON.encoder.encode(request),
                patience: Self.patience))
    }

    /// Deletes what is behind one of Berth's own routes.
    func delete<Reply: Decodable>(_ path: String) async throws -> Reply {
        try await decode(
            try await send(
                method: .DELETE, target: Self.target(path, []), service: "berth", headers: [], body: Data(),
                patience: Self.patience))
    }

    /// The bytes of one of Berth's own routes, as they come, and how many there will be.
    func bytes(_ path: String) async throws -> (body: HTTPClientResponse.Body, size: Int64?) {
        let response = try await send(
            method: .GET, target: Self.target(path, []), service: "berth", headers: [], body: Data(),
            patience: Self.patience, isLast: true)
        try await refuseErrors(response)
        return (response.body, response.headers.first(name: "content-length").flatMap { Int64($0) })
    }

    /// The lines of a streaming route, as they come; ends when the daemon ends it.
    func lines(_ path: String, query: [(String, String)] = []) async throws -> LineSequence<HTTPClientResponse.Body> {
        let response = try await send(
            method: .GET, target: Self.target(path, query), service: "berth", headers: [], body: Data(),
            patience: .minutes(1), isLast: true)
        try await refuseErrors(response)
        return LineSequence(base: response.body)
    }

    /// The lines with which a streaming route answers a document.
    func lines(
        _ path: String, posting request: some Encodable
    ) async throws -> LineSequence<HTTPClientResponse.Body> {
        let response = try await send(
            method: .POST, target: Self.target(path, []), service: "berth",
            headers: [("content-type", "application/json")], body: try WireJSON.encoder.encode(request),
            patience: .minutes(1), isLast: true)
        try await refuseErrors(response)
        return LineSequence(base: response.body)
    }

    private static func target(_ path: String, _ query: [(String, String)]) -> String {
        let pairs = query.map { "\(escape($0))=\(escape($1))" }.joined(separator: "&")
        return "/berth/v1/" + path + (pairs.isEmpty ? "" : "?" + pairs)
    }

    /// Percent-encodes one path segment or query value.
    static func escape(_ text: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
    }

    /// - Parameter isLast: gives the connection up after this: the daemon closes it when a stream ends.
    private func send(
        method: HTTPMethod, target: String, service: String, headers: [(name: String, value: String)], body: Data,
        patience: TimeAmount, isLast: Bool = false
    ) async throws -> HTTPClientResponse {
        var request: HTTPClientRequest
        switch endpoint {
        case .socket(let path):
            request = HTTPClientRequest(url: "http+unix://\(Self.escape(path))\(target)")
            for header in headers { request.headers.add(name: header.name, value: header.value) }
        case .remote(let url, let host, let credentials):
            request = HTTPClientRequest(url: url + target)
            let added = SigV4.sign(
                method: method.rawValue, target: target, host: host, headers: headers, body: body,
                credentials: credentials, service: service, at: Int(Date().timeIntervalSince1970))
            for header in headers + added { request.headers.add(name: header.name, value: header.value) }
        }
        request.method = method
        if isLast { request.headers.add(name: "connection", value: "close") }
        if method == .POST { request.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            return try await http.execute(request, deadline: .now() + patience)
        } catch {
            throw Unreachable(endpoint: endpoint, cause: error)
        }
    }

    private func decode<Reply: Decodable>(_ response: HTTPClientResponse) async throws -> Reply {
        try await refuseErrors(response)
        let body: ByteBuffer
        do { body = try await response.body.collect(upTo: 256 << 20) } catch {
            throw Unreachable(endpoint: endpoint, cause: error)
        }
        return try WireJSON.decoder.decode(Reply.self, from: Data(buffer: body))
    }

    private func refuseErrors(_ response: HTTPClientResponse) async throws {
        guard response.status != .ok else { return }
        let body = try await response.body.collect(upTo: 1 << 20)
        guard let refusal = try? WireJSON.decoder.decode(ErrorBody.self, from: Data(buffer: body)) else {
            throw CommandFailure(
                "the daemon answered with HTTP status \(response.status.code), which is not Berth's own")
        }
        throw ServiceError(code: refusal.type, message: refusal.message, resourceIds: refusal.resourceIds ?? [])
    }
}
