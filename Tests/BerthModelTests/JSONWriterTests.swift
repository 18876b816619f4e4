import Foundation
import Testing

@testable import BerthModel

@Suite("JSON is written as JSONEncoder writes it")
struct JSONWriterTests {
    private func same(_ value: some Encodable, line: SourceLocation = #_sourceLocation) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let expected = String(decoding: try encoder.encode(value), as: UTF8.self)
        let written = String(decoding: try JSONWriter(sortsMembers: true).encode(value), as: UTF8.self)
        #expect(written == expected, sourceLocation: line)
    }

    @Test("Numbers of every type")
    func numbers() throws {
        try same([Int.min, .max, 0, -1])
        try same([Int8.min, .max])
        try same([Int16.min, .max])
        try same([Int32.min, .max])
        try same([Int64.min, .max])
        try same([UInt.max])
        try same([UInt8.max])
        try same([UInt16.max])
        try same([UInt32.max])
        try same([UInt64.max])
        try same([Int128.min, .max])
        try same([UInt128.max])
        try same([0, -0.0, 1, 0.1, -1.5, 1e16, 1e15, 1e-7, 123_456_789.123, .pi, .greatestFiniteMagnitude])
        try same([Float(0.1), 1, 1e20, -3.25])
        try same([true, false])
    }

    @Test("A number that is not finite is refused", arguments: [Double.nan, .infinity, -.infinity])
    func notFinite(_ number: Double) {
        #expect(throws: EncodingError.self) { try JSONWriter().encode([number]) }
    }

    @Test("Texts with every character of ASCII, and others")
    func texts() throws {
        try same((0..<0x80).map { String(UnicodeScalar(UInt8($0))) })
        try same(String(decoding: 0..<0x80, as: UTF8.self))
        try same(["", "a\"", "\"", "é\\ü", "日本\n", "🚢/🚢", "\u{2028}", "\u{7F}", "a\u{0}b"])
    }

    @Test("Dates and bytes")
    func datesAndBytes() throws {
        try same([Date(timeIntervalSince1970: 1_763_794_805.123_456), Date(timeIntervalSince1970: 0)])
        try same([Data([0, 1, 255, 254, 62, 63]), Data()])
        let date = [Date(timeIntervalSince1970: 1_763_794_805.123_456)]
        let written = try JSONWriter(dates: .secondsSince1970).encode(date)
        #expect(String(decoding: written, as: UTF8.self) == "[1763794805.123]")
    }

    private enum Word: String, Codable { case some = "SOME" }
    private enum Choice: Codable { case one(Int), two(name: String), none }
    private struct Empty: Codable {}
    private struct Inner: Codable {
        var z: Int?
        var a = [[1, 2], []]
        var words: [Word?] = [.some, nil]
    }
    private struct Outer: Codable {
        var inner = Inner()
        var list = [Inner(z: 1), Inner()]
        var named = ["b": Inner(), "a": Inner(z: 2), "\"": Inner()]
        var word = Word.some
        var choices = [Choice.one(1), .two(name: "x"), .none]
        var empty = Empty()
        var nothing: String?
        var numbered = [1: "x"]
        var truth = true
        var words = [Word.some: 1]
    }

    @Test("Objects in arrays in objects, absent members, enumerations, dictionaries")
    func nesting() throws {
        try same(Outer())
        try same([Outer(), Outer()])
        try same("text")
        try same([String: Int]())
        try same([Int]())
        try same(Empty())
        try same(Optional<Int>.none)
    }

    /// Asks for containers in the ways that the compiler does not.
    private struct ByHand: Encodable {
        var body: @Sendable (any Encoder) throws -> Void
        func encode(to encoder: any Encoder) throws { try body(encoder) }
    }
    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    @Test("Containers that are asked for by hand, one after the other")
    func byHand() throws {
        try same(
            ByHand { encoder in
                var members = encoder.container(keyedBy: Name.self)
                var nested = members.nestedContainer(keyedBy: Name.self, forKey: Name(stringValue: "a"))
                try nested.encode(1, forKey: Name(stringValue: "b"))
                try nested.encodeNil(forKey: Name(stringValue: "c"))
                var list = members.nestedUnkeyedContainer(forKey: Name(stringValue: "d"))
                try list.encode("x")
                try list.encodeNil()
                var deep = list.nestedUnkeyedContainer()
                try deep.encode(2)
                var object = list.nestedContainer(keyedBy: Name.self)
                try object.encode(3, forKey: Name(stringValue: "e"))
                try list.encode(4)
                try Inner().encode(to: members.superEncoder())
                // The same object again.
                var again = encoder.container(keyedBy: Name.self)
                try again.encode(5, forKey: Name(stringValue: "f"))
            })
    }

    @Test("A container that is gone back to after the one around it went on is refused, not written in the wrong place")
    func backwards() throws {
        let value = ByHand { encoder in
            var members = encoder.container(keyedBy: Name.self)
            var first = members.nestedContainer(keyedBy: Name.self, forKey: Name(stringValue: "a"))
            var second = members.nestedContainer(keyedBy: Name.self, forKey: Name(stringValue: "b"))
            try second.encode(1, forKey: Name(stringValue: "c"))
            try first.encode(2, forKey: Name(stringValue: "d"))
        }
        #expect(throws: EncodingError.self) { try JSONWriter().encode(value) }
    }

    @Test("A task with everything in it is read back as it was, with dates to the millisecond on the wire")
    func task() throws {
        var container = Container(
            containerArn: "arn:c/1", taskArn: "arn:t/1", name: "main", image: "docker.io/x:\"1\"", cpu: "1024")
        container.imageDigest = "sha256:00"
        container.runtimeId = "1-2"
        container.exitCode = 137
        container.reason = "OutOfMemoryError: \n\t killed"
        container.networkInterfaces = [
            NetworkInterface(attachmentId: "a", privateIpv4Address: "10.0.0.1", ipv6Address: "fd00::1")
        ]
        container.networkBindings = [
            NetworkBinding(bindIP: "::", containerPort: 1, hostPort: 2, protocol: "tcp"),
            NetworkBinding(bindIP: nil, containerPortRange: "1-2", hostPortRange: "3-4", protocol: nil),
        ]
        container.managedAgents = [.executeCommand]
        container.memory = "256"
        container.memoryReservation = "128"
        let date = Date(timeIntervalSince1970: 1_763_794_805.125)
        var override = ContainerOverride(name: "main")
        override.command = ["sh", "-c", "exit \\ \"$x\""]
        override.environment = [KeyValuePair(name: "x", value: "é")]
        override.cpu = 2
        override.memory = 3
        override.memoryReservation = 4
        var overrides = TaskOverride()
        overrides.containerOverrides = [override]
        overrides.cpu = "1"
        overrides.memory = "2"
        overrides.ephemeralStorage = EphemeralStorage(sizeInGiB: 21)
        overrides.taskRoleArn = "arn:r"
        overrides.executionRoleArn = "arn:e"
        var task = ECSTask(
            taskArn: "arn:t/1", clusterArn: "arn:k/1", taskDefinitionArn: "arn:d/1",
            containers: [container, container],
            cpu: "1024", memory: "2048", group: "family:d", overrides: overrides, createdAt: date)
        task.startedBy = "me"
        task.capacityProviderName = "p"
        task.tags = [Tag(key: "k", value: nil)]
        task.attachments = [
            Attachment(id: "a", type: "eni", status: "ATTACHED", details: [KeyValuePair(name: "n", value: "v")])
        ]
        task.connectivity = "CONNECTED"
        task.connectivityAt = date
        task.enableExecuteCommand = true
        task.ephemeralStorage = EphemeralStorage(sizeInGiB: 20)
        task.availabilityZone = "z"
        task.attributes = [Attribute(name: "ecs.cpu-architecture", value: "x86_64")]
        task.pullStartedAt = date
        task.pullStoppedAt = date
        task.startedAt = date
        task.stoppingAt = date
        task.executionStoppedAt = date
        task.stoppedAt = date
        task.stopCode = .essentialContainerExited
        task.stoppedReason = "Essential container in task exited"
        // All of it: a member that is added later belongs here too.
        let absent = Mirror(reflecting: task).children.filter {
            Mirror(reflecting: $0.value).displayStyle == .optional && Mirror(reflecting: $0.value).children.isEmpty
        }
        #expect(absent.compactMap(\.label).isEmpty)
        try same(task)
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        #expect(try decoder.decode(ECSTask.self, from: JSONWriter(dates: .secondsSince1970).encode(task)) == task)
        #expect(try JSONDecoder().decode(ECSTask.self, from: JSONWriter().encode(task)) == task)
    }
}
