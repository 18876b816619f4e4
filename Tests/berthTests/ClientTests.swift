import BerthAPI
import BerthModel
import Foundation
import NIOCore
import Testing

@testable import berth

@Suite("The command line's side of the wire")
struct ClientTests {
    private static func task(_ id: String) -> ECSTask {
        ECSTask(
            taskArn: "arn:aws:ecs:us-east-1:000000000000:task/default/\(id)", clusterArn: "",
            taskDefinitionArn: "a/etl:1",
            containers: [], cpu: "256", memory: "512", group: "", overrides: TaskOverride(), createdAt: Date())
    }

    @Test("one task that begins so is meant; an exact id is meant even if others begin with it")
    func resolves() throws {
        let (short, long) = (Self.task("abc"), Self.task("abcd"))
        #expect(try TaskArgument.choose("ab", from: [short]) == short)
        #expect(try TaskArgument.choose("abc", from: [long, short]) == short)
        #expect(try TaskArgument.choose(long.taskArn, from: [short, long]) == long)
    }

    @Test("none and many are refused, and many are listed")
    func refuses() throws {
        let none = #expect(throws: CommandFailure.self) { try TaskArgument.choose("x", from: []) }
        #expect(none?.description.contains("berth ps -a") == true)
        let many = (10..<25).map { Self.task("a\($0)") }
        let failure = #expect(throws: CommandFailure.self) { try TaskArgument.choose("a", from: many) }
        #expect(failure?.description.contains("a10  etl:1") == true)
        #expect(failure?.description.hasSuffix("and 5 more") == true)
    }

    @Test("where the daemon is: --root, then BERTH_ENDPOINT, then BERTH_ROOT, then the default")
    func endpoints() throws {
        func path(_ root: String?, _ environment: [String: String]) throws -> String? {
            guard case .socket(let path) = try Endpoint.choose(root: root, environment: environment) else { return nil }
            return path
        }
        let keys = ["AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "s", "BERTH_ENDPOINT": "http://h:1/"]
        #expect(try path("/r", keys) == "/r/berth.sock")
        #expect(try path(nil, ["BERTH_ROOT": "/e"]) == "/e/berth.sock")
        #expect(try path(nil, ["BERTH_ROOT": "", "BERTH_ENDPOINT": ""]) == "/var/lib/berth/berth.sock")
        guard case .remote(let url, let host, let credentials) = try Endpoint.choose(root: nil, environment: keys)
        else {
            Issue.record("BERTH_ENDPOINT was not used")
            return
        }
        #expect((url, host) == ("http://h:1", "h:1"))
        #expect(credentials.region == "us-east-1")
    }

    @Test(
        "an endpoint that is no URL is refused",
        arguments: ["h:1", "ftp://h", "http://", "http://h/path", "http://h?x=1"])
    func badEndpoints(text: String) {
        #expect(throws: CommandFailure.self) { try Endpoint.choose(root: nil, environment: ["BERTH_ENDPOINT": text]) }
    }

    @Test("the definition behind `berth run` is found again by image and size, and told from every other")
    func families() {
        func family(_ image: String, _ cpu: Int = 256, _ memory: Int = 512) -> String {
            RunDefinition(image: image, cpu: cpu, memory: memory).family
        }
        #expect(family("busybox") == family("busybox"))
        let others = [
            family("busybox"), family("bus/ybox"), family("bus-ybox"), family("busybox", 512),
            family("busybox", 256, 1024),
        ]
        #expect(Set(others).count == others.count)
        let long = family("registry.example:5000/" + String(repeating: "é/", count: 200) + "x@sha256:abc")
        #expect(long.count <= 255 && long.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
    }

    @Test("a size that AWS offers is registered for Fargate, another by the host's own rules")
    func flavours() {
        let fargate = RunDefinition(image: "x", cpu: 256, memory: 512)
        #expect(fargate.registration.requiresCompatibilities == ["FARGATE"])
        #expect(fargate.request(command: []).networkConfiguration != nil)
        let host = RunDefinition(image: "x", cpu: 300, memory: 100)
        #expect(host.registration.requiresCompatibilities == ["EC2"])
        #expect(host.request(command: ["a"]).overrides?.containerOverrides?.first?.command == ["a"])
        #expect(host.request(command: []).networkConfiguration == nil)
    }

    @Test("lines are cut wherever the buffers end; one without its newline was cut off")
    func lines() async throws {
        let buffers = ["ab\nc", "", "d", "\n\n", "e\nlost"].map { ByteBuffer(string: $0) }
        let stream = AsyncStream { continuation in
            for buffer in buffers { continuation.yield(buffer) }
            continuation.finish()
        }
        var lines: [String] = []
        for try await line in LineSequence(base: stream) { lines.append(String(decoding: line, as: UTF8.self)) }
        #expect(lines == ["ab", "cd", "", "e"])
    }

    @Test("every error is worded once, with its exit code")
    func failures() {
        #expect(CommandFailure(ServiceError.client("No.")).description == "No. (ClientException)")
        #expect(CommandFailure(CommandFailure("x", exitCode: 3)).exitCode == 3)
        #expect(CommandFailure(CommandFailure("x", exitCode: 3), exitCode: 125).exitCode == 125)
    }
}
