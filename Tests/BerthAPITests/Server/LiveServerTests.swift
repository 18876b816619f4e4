import Foundation
import Testing

@testable import BerthAPI

@Suite("The server on a live socket")
struct LiveServerTests {
    @Test("a signed call is answered, with the headers that every reply has")
    func signed() async throws {
        try await LiveServer.run { server in
            let reply = try await server.call("Echo", #"{"text":"hé/llo","number":7}"#)
            #expect(reply.status == 200)
            let echo = try WireJSON.decoder.decode(Echo.self, from: Data(reply.body.utf8))
            #expect(echo == Echo(text: "hé/llo", number: 7, isLocal: false))
            #expect(reply.header("Content-Type") == "application/x-amz-json-1.1")
            #expect(UUID(uuidString: reply.header("x-amzn-RequestId") ?? "") != nil)
            #expect(reply.header("Date")?.hasSuffix("GMT") == true)
        }
    }

    @Test("/healthz needs no signature, everything else does")
    func health() async throws {
        try await LiveServer.run { server in
            let healthy = try await server.send("GET", "/healthz", service: nil)
            #expect(healthy.status == 200)
            #expect(healthy.body == #"{"status":"ok"}"#)
            let head = try await server.send("HEAD", "/healthz", service: nil)
            #expect(head.status == 200)
            let unsigned = try await server.call("Echo", "{}", service: nil)
            #expect(unsigned.status == 400)
            #expect(unsigned.error?.type == "MissingAuthenticationTokenException")
            #expect(unsigned.header("x-amzn-ErrorType") == "MissingAuthenticationTokenException")
            #expect(unsigned.header("Date") != nil)
        }
    }

    @Test(
        "what is no operation is said so in JSON, never as a 404",
        arguments: [
            ("POST", "/", "Test.Nothing"), ("POST", "/", "Nobody.Echo"), ("POST", "/", "Echo"), ("POST", "/", ""),
            ("GET", "/", nil), ("GET", "/favicon.ico", nil), ("DELETE", "/healthz", nil),
            ("POST", "/v1/submitjob", nil),
            ("GET", "/berth/v1/nothing", nil), ("OPTIONS", "/", nil),
        ] as [(String, String, String?)])
    func unknown(_ method: String, _ target: String, _ operation: String?) async throws {
        try await LiveServer.run { server in
            let headers = operation.map { [("X-Amz-Target", $0)] } ?? []
            let reply = try await server.send(method, target, headers: headers.map { (name: $0.0, value: $0.1) })
            #expect(reply.status == 400)
            #expect(reply.error?.type == "UnknownOperationException")
            #expect(reply.header("x-amzn-RequestId") != nil)
        }
    }

    @Test("GetCallerIdentity answers a form and a query string in XML, and so are its errors")
    func sts() async throws {
        try await LiveServer.run { server in
            let form = [(name: "Content-Type", value: "application/x-www-form-urlencoded; charset=utf-8")]
            let action = "Action=GetCallerIdentity&Version=2011-06-15"
            let replies = [
                try await server.send(headers: form, body: action, service: "sts"),
                try await server.send("GET", "/?\(action)", service: "sts"),
                try await server.send("GET", "/?\(action)", over: .socket, service: nil),
            ]
            for reply in replies {
                #expect(reply.status == 200)
                #expect(reply.header("Content-Type") == "text/xml")
                #expect(reply.body.contains("<Account>123456789012</Account>"))
                #expect(reply.body.contains("<Arn>arn:aws:iam::123456789012:user/admin</Arn>"))
            }
            let other = try await server.send(headers: form, body: "Action=Assume%3CRole", service: "sts")
            #expect(other.status == 400)
            #expect(other.body.contains("<Code>InvalidAction</Code><Message>Assume&lt;Role is not"))
            let unsigned = try await server.send(headers: form, body: action, service: nil)
            #expect(unsigned.status == 403)
            #expect(unsigned.body.contains("<Code>MissingAuthenticationToken</Code>"))
            let scoped = try await server.send(headers: form, body: action, service: "ecs")
            #expect(scoped.status == 403)
            #expect(scoped.body.contains("<Code>SignatureDoesNotMatch</Code>"))
        }
    }

    @Test("a refusal keeps its code, text and resource ids; a failure of ours is a 500 that tells nothing")
    func errors() async throws {
        try await LiveServer.run { server in
            let refused = try await server.call("Refuse", "{}")
            #expect(refused.status == 400)
            #expect(refused.error == ErrorBody(type: "ConflictException", message: "again", resourceIds: ["arn:1"]))
            let failed = try await server.call("Fail", "{}")
            #expect(failed.status == 500)
            #expect(failed.error?.type == "ServerException")
            #expect(failed.error?.message.contains("Cancellation") == false)
            let malformed = try await server.call("Echo", #"{"number":"seven"}"#)
            #expect(malformed.status == 400)
            #expect(
                malformed.error
                    == ErrorBody(type: "SerializationException", message: "number: expected an integer, found a string")
            )
        }
    }

    @Test("a body over the limit is refused, and the connection goes on")
    func largeBody() async throws {
        try await LiveServer.run { server in
            let most = LiveServer.bodyLimit - #"{"text":""}"#.utf8.count
            for (size, status) in [(most, 200), (most + 1, 413), (0, 200), (LiveServer.bodyLimit * 20, 413), (1, 200)] {
                let reply = try await server.call("Echo", #"{"text":"\#(String(repeating: "a", count: size))"}"#)
                #expect(reply.status == status)
                if status == 413 { #expect(reply.error?.type == "RequestEntityTooLargeException") }
            }
        }
    }

    @Test("root on the unix socket needs no signature, and only root can reach the socket")
    func unixSocket() async throws {
        try await LiveServer.run { server in
            let reply = try await server.call("Echo", "{}", over: .socket, service: nil)
            #expect(reply.status == 200)
            #expect(reply.body.contains(#""isLocal":true"#))
            let attributes = try FileManager.default.attributesOfItem(atPath: server.socket)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let directory = (server.socket as NSString).deletingLastPathComponent
            let closed = try FileManager.default.attributesOfItem(atPath: directory)
            #expect(closed[.posixPermissions] as? Int == 0o700)
        }
    }

    @Test("the socket is gone after the server")
    func leavesNothing() async throws {
        let paths = AsyncStream<String>.makeStream()
        try await LiveServer.run { paths.continuation.yield($0.socket) }
        paths.continuation.finish()
        for await path in paths.stream { #expect(!FileManager.default.fileExists(atPath: path)) }
    }

    @Test("a port in use is an error that names the address and the remedy")
    func portInUse() async throws {
        try await LiveServer.run { server in
            let second = LiveServer.server(tcp: ListenAddress(host: "127.0.0.1", port: server.port), socket: nil)
            let error = await #expect(throws: ListenError.self) { try await second.run() }
            #expect(
                error?.description.hasPrefix("cannot listen on 127.0.0.1:\(server.port): Address already in use. Stop")
                    == true)
        }
    }

    @Test("an address of another machine, and a socket that cannot be made, are errors too")
    func badAddresses() async throws {
        let far = LiveServer.server(tcp: ListenAddress(host: "192.0.2.1", port: 0), socket: nil)
        let error = await #expect(throws: ListenError.self) { try await far.run() }
        #expect(error?.address == "192.0.2.1:0")
        for path in ["/proc/berth/api.sock", "/tmp/api.sock", "/tmp/\(String(repeating: "a", count: 110))/api.sock"] {
            let server = LiveServer.server(tcp: nil, socket: path)
            let error = await #expect(throws: ListenError.self) { try await server.run() }
            #expect(error?.address == path)
        }
    }
}
