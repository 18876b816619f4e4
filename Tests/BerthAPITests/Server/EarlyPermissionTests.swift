import AsyncHTTPClient
import Foundation
import NIOCore
import Testing

@testable import BerthAPI

@Suite("What a task in a role may not do")
struct EarlyPermissionTests {
    /// Sends the head of a signed call that announces a body, and nothing of the body. The status and the reply.
    private func head(
        _ server: LiveServer, _ method: String = "POST", _ target: String = "/", operation: String? = nil,
        service: String, by credentials: Credentials
    ) async throws -> (status: UInt, body: String) {
        let body = [UInt8](repeating: UInt8(ascii: " "), count: 50_000)
        let headers = operation.map { [(name: "X-Amz-Target", value: $0)] } ?? []
        let host = "127.0.0.1:\(server.port)"
        var request = HTTPClientRequest(url: "http://\(host)\(target)")
        request.method = .RAW(value: method)
        let signed = SigV4.sign(
            method: method, target: target, host: host, headers: headers, body: body, credentials: credentials,
            service: service, at: Int(Date().timeIntervalSince1970))
        for header in headers + signed { request.headers.add(name: header.name, value: header.value) }
        let (nothing, end) = AsyncStream<ByteBuffer>.makeStream()
        defer { end.finish() }
        request.body = .stream(nothing, length: .known(Int64(body.count)))
        // An own client: the connection is of no use to others afterwards.
        let client = HTTPClient()
        do {
            let response = try await client.execute(request, timeout: .seconds(120))
            let text = String(buffer: try await response.body.collect(upTo: 1 << 16))
            try await client.shutdown()
            return (response.status.code, text)
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    @Test("is refused before its body is read, of operations and of Berth's own routes")
    func early() async throws {
        let native: NativeRoute = { _, _ in
            { _ in
                Issue.record("the operation was run")
                throw CancellationError()
            }
        }
        try await LiveServer.run(native: native) { server in
            let role = LiveServer.roleCredentials
            let refused = try await head(server, operation: "Test.Refuse", service: "ecs", by: role)
            #expect(refused.status == 400)
            #expect(refused.body.contains("AccessDeniedException"))
            #expect(refused.body.contains("is not authorized to perform: ecs:Refuse on resource: *"))
            for (method, action) in [("POST", "berth:Write"), ("PUT", "berth:Write"), ("GET", "berth:Read")] {
                let refused = try await head(server, method, "/berth/v1/numbers", service: "berth", by: role)
                #expect(refused.body.contains("is not authorized to perform: \(action) on resource: *"), "\(method)")
            }
        }
    }

    @Test("is all but what is listed, and who it is; also where the operation is told by the body alone")
    func listed() async throws {
        try await LiveServer.run { server in
            let form = [(name: "Content-Type", value: "application/x-www-form-urlencoded")]
            let identity = try await server.send(
                headers: form, body: "Action=GetCallerIdentity&Version=2011-06-15", service: "sts",
                by: LiveServer.roleCredentials)
            #expect(identity.status == 200)
            #expect(identity.body.contains("assumed-role/etl/0123"))
            let target = [(name: "X-Amz-Target", value: "Test.Echo")]
            let echo = try await server.send(headers: target, body: "{}", by: LiveServer.roleCredentials)
            #expect(echo.status == 200)
            // Other actions of STS are told to nobody, and a role learns no more of them than others do.
            let other = try await server.send(
                headers: form, body: "Action=AssumeRole&Version=2011-06-15", service: "sts",
                by: LiveServer.roleCredentials)
            #expect(other.body.contains("<Code>InvalidAction</Code>"))
        }
    }
}
