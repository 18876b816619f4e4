import BerthAPI
import BerthLaunch
import NIOCore
import Testing

@testable import berth

@Suite("The client of exec sessions")
struct ExecClientTests {
    @Test(
        "finds a stream by its address and the endpoint that the user gave",
        arguments: [
            (
                "ws://127.0.0.1:8466/berth/v1/exec/a", nil,
                ExecConnection.Address.host("127.0.0.1", port: 8466, tls: false)
            ),
            ("ws://[::1]:8466/x", "http://[::1]:8466", .host("::1", port: 8466, tls: false)),
            ("ws://berth.example/x", "https://berth.example", .host("berth.example", port: 443, tls: true)),
            ("ws://berth.example:8466/x", "https://berth.example:8466", .host("berth.example", port: 8466, tls: true)),
            // The endpoint of another service is none of this stream's.
            (
                "ws://127.0.0.1:8466/x", "https://ecs.us-east-1.amazonaws.com",
                .host("127.0.0.1", port: 8466, tls: false)
            ),
            ("wss://berth.example/x", nil, .host("berth.example", port: 443, tls: true)),
        ])
    func addresses(stream: String, endpoint: String?, address: ExecConnection.Address) throws {
        #expect(try SessionManagerPlugin.address(stream, endpoint: endpoint) == address)
    }

    @Test(
        "answers to the plugin's name wherever it lies, and to no other",
        arguments: [
            (["/usr/local/bin/session-manager-plugin"], true), (["session-manager-plugin", "--version"], true),
            (["/usr/bin/berth", "session-manager-plugin"], false), ([], false),
        ])
    func name(arguments: [String], isPlugin: Bool) {
        #expect(SessionManagerPlugin.isCalled(by: arguments) == isPlugin)
    }

    @Test("refuses a session that is not Berth's")
    func foreign() async {
        let json =
            #"{"sessionId":"s","streamUrl":"wss://ssmmessages.us-east-1.amazonaws.com/v1/data-channel/s","tokenValue":"t"}"#
        let failure = await #expect(throws: CommandFailure.self) {
            try await SessionManagerPlugin.run([json, "us-east-1", "StartSession", "", "{}", "https://x"])
        }
        #expect(failure?.description.contains("no stream of Berth's") == true)
        #expect(failure?.description.contains("\"t\"") == false)
    }
}
