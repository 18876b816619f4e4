import AsyncHTTPClient
import BerthModel
import Foundation
import Logging
import NIOCore
import ServiceLifecycle

@testable import BerthAPI

/// A server on a port of the kernel's choice and a socket of its own, with a service that needs no engine.
struct LiveServer {
    static let credentials = Credentials.generate(region: "us-east-1")
    static let principal = Principal.admin(account: "123456789012")
    /// Of a task in a role that may call `Echo`.
    static let roleCredentials = Credentials.generate(region: "us-east-1")
    static let role = "arn:aws:iam::123456789012:role/etl"
    static let bodyLimit = 100_000

    var port: Int
    var socket: String

    /// Runs `body` beside the server, stops the server gracefully, and removes what it left.
    static func run(
        native: @escaping NativeRoute = { _, _ in nil }, _ body: @Sendable (LiveServer) async throws -> Void
    ) async throws {
        let directory = NSTemporaryDirectory() + "berth-api-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let (ready, announce) = AsyncStream<APIServer.Addresses>.makeStream()
        let server = server(
            tcp: ListenAddress(host: "127.0.0.1", port: 0), socket: "\(directory)/api.sock", native: native,
            onReady: { announce.yield($0) })
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        let group = ServiceGroup(configuration: .init(services: [server], logger: quiet))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { announce.finish() }
                try await group.run()
            }
            for await addresses in ready {
                guard let tcp = addresses.tcp, let socket = addresses.unixSocket else { continue }
                do {
                    try await body(LiveServer(port: tcp.port, socket: socket))
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
                break
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    static func server(
        tcp: ListenAddress?, socket: String?, native: @escaping NativeRoute = { _, _ in nil },
        onReady: @escaping @Sendable (APIServer.Addresses) async -> Void = { _ in }
    ) -> APIServer {
        var configuration = APIServer.Configuration(tcp: tcp, unixSocket: socket, admin: principal)
        configuration.bodyLimit = bodyLimit
        configuration.permissions = (try? RolePermissions([role: ["ecs:Echo"]])) ?? .none
        configuration.stopGrace = .milliseconds(200)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let key = AccessKey(
            id: credentials.accessKeyId, secret: credentials.secretAccessKey, principal: principal)
        let roleKey = AccessKey(
            id: roleCredentials.accessKeyId, secret: roleCredentials.secretAccessKey,
            principal: Principal(AssumedRole(arn: role, task: "0123"), account: "123456789012"))
        return APIServer(
            configuration, routes: Routes(json: [.test], query: .sts, native: native), exec: ExecService { _ in nil },
            keys: FixedKeys([key, roleKey]), logger: logger, onReady: onReady)
    }
}

extension JSONService {
    /// Says back what it was told, or fails as it was told.
    fileprivate static let test = JSONService(
        target: "Test", name: "ecs",
        operations: [
            "Echo": JSONOperation { (input: Echo, caller) in
                Echo(text: input.text, number: input.number, isLocal: caller.isLocal)
            },
            "Refuse": JSONOperation { (_: Echo, _) -> Echo in
                throw ServiceError(code: "ConflictException", message: "again", resourceIds: ["arn:1"])
            },
            "Fail": JSONOperation { (_: Echo, _) -> Echo in throw CancellationError() },
        ])
}

struct Echo: Codable, Equatable {
    var text: String?
    var number: Int?
    var isLocal: Bool?
}

/// A reply, read whole.
struct Reply {
    var status: Int
    var headers: [String: String]
    var body: String

    func header(_ name: String) -> String? { headers[name.lowercased()] }

    /// The code and message of an error.
    var error: ErrorBody? { try? WireJSON.decoder.decode(ErrorBody.self, from: Data(body.utf8)) }
}

extension LiveServer {
    /// Where a request goes.
    enum Way { case tcp, socket }

    /// A request; signed for `service` unless that is nil.
    func request(
        _ method: String, _ target: String, headers: [(name: String, value: String)] = [], body: String = "",
        over way: Way = .tcp, service: String?, by credentials: Credentials = credentials
    ) -> HTTPClientRequest {
        let host = "127.0.0.1:\(port)"
        var url = "http://\(host)\(target)"
        if way == .socket, let socket = URL(httpURLWithSocketPath: socket, uri: target) { url = socket.absoluteString }
        var request = HTTPClientRequest(url: url)
        request.method = .RAW(value: method)
        var all = headers
        if let service {
            all += SigV4.sign(
                method: method, target: target, host: host, headers: headers, body: Array(body.utf8),
                credentials: credentials, service: service, at: Int(Date().timeIntervalSince1970))
        }
        for header in all { request.headers.add(name: header.name, value: header.value) }
        if !body.isEmpty { request.body = .bytes(ByteBuffer(string: body)) }
        return request
    }

    /// Sends a request and reads the whole reply.
    func send(
        _ method: String = "POST", _ target: String = "/", headers: [(name: String, value: String)] = [],
        body: String = "", over way: Way = .tcp, service: String? = "ecs", by credentials: Credentials = credentials
    ) async throws -> Reply {
        let request = request(
            method, target, headers: headers, body: body, over: way, service: service, by: credentials)
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        let received = try await response.body.collect(upTo: 1 << 20)
        return Reply(
            status: Int(response.status.code),
            headers: Dictionary(
                response.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $0 + "," + $1 }),
            body: String(buffer: received))
    }

    /// Calls an operation of the test service.
    func call(_ operation: String, _ body: String, over way: Way = .tcp, service: String? = "ecs") async throws -> Reply
    {
        try await send(
            headers: [("X-Amz-Target", "Test.\(operation)"), ("Content-Type", "application/x-amz-json-1.1")],
            body: body, over: way, service: service)
    }
}
