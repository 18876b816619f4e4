import BerthOCI
import Foundation
import Testing

@testable import BerthImages

@Suite("A pull over a bad connection", .enabled(if: TestRegistry.isPresent && isRoot, TestRegistry.needed))
struct BrokenConnectionTests {
    /// Two layers, one of three MiB that do not compress.
    private static var image: TestImage {
        TestImage(
            TarBuilder.tar { $0.add("big", data: noise(3 << 20)) }, TarBuilder.tar { $0.file("small", "x") })
    }

    private static func largest(_ stored: StoredImage, _ test: PullFixture) throws -> Descriptor {
        let manifest = try Documents.manifest(
            try #require(try test.store.blobs.blob(stored.digest)).bytes(limit: 1 << 20), name: "it")
        return try #require(manifest.layers.max { $0.size < $1.size })
    }

    @Test("goes on where it broke off")
    func resumes() async throws {
        let registry = try TestRegistry()
        try registry.push(Self.image, as: "a:1")
        let port = registry.port
        let proxy = try ScriptedServer { request, number in
            // Whatever is longer than a piece is cut twice.
            .forward(port, cutAfter: request.path.contains("/blobs/") && number < 2 ? 1_200_000 : nil)
        }
        let test = try PullFixture()
        let stored = try await test.pull("127.0.0.1:\(proxy.port)/a:1")
        #expect(status("\(stored.layers[0])/big")?.st_size == 3 << 20)
        let big = try Self.largest(stored, test)
        let ranges = proxy.requests.filter { $0.path.hasSuffix("\(big.digest)") }.map { $0.headers["range"] }
        #expect(ranges.count == 3)
        #expect(ranges.first == .some(nil))
        #expect(ranges.dropFirst().allSatisfy { $0?.hasPrefix("bytes=") == true && $0 != "bytes=0-" }, "\(ranges)")
        #expect(test.pauses.count == 2)
    }

    @Test("takes all again from a registry without ranges, and keeps what it had")
    func withoutRanges() async throws {
        let registry = try TestRegistry()
        try registry.push(Self.image, as: "a:1")
        let files = try Self.image.layout()
        let port = registry.port
        let proxy = try ScriptedServer { request, number in
            guard request.path.contains("/blobs/"), number > 0, let name = request.path.split(separator: ":").last
            else {
                return .forward(port, cutAfter: request.path.contains("/blobs/") ? 1_000_000 : nil)
            }
            return .respond(200, [:], files["blobs/sha256/\(name)"] ?? [])
        }
        let test = try PullFixture()
        let stored = try await test.pull("127.0.0.1:\(proxy.port)/a:1")
        #expect(status("\(stored.layers[0])/big")?.st_size == 3 << 20)
    }

    @Test("waits as long as Retry-After says, whatever the status", arguments: [429, 503])
    func retryAfter(status: Int) async throws {
        let registry = try TestRegistry()
        try registry.push(Self.image, as: "a:1")
        let port = registry.port
        let proxy = try ScriptedServer { request, number in
            number == 0 && request.path != "/v2/" ? .respond(status, ["retry-after": "33"]) : .forward(port)
        }
        let test = try PullFixture()
        try await test.pull("127.0.0.1:\(proxy.port)/a:1")
        // The manifest, the configuration and two layers.
        #expect(test.pauses == Array(repeating: .seconds(33), count: 4))
    }

    @Test("gives up after some tries and says what it tried")
    func givesUp() async throws {
        let proxy = try ScriptedServer { request, _ in request.path == "/v2/" ? .respond(200) : .respond(500) }
        let test = try PullFixture()
        let error = try await test.refusal("127.0.0.1:\(proxy.port)/a:1")
        #expect(error.code == .unreachable)
        #expect(error.message.contains("500") && error.message.contains("after 6 tries"))
        #expect(test.pauses.count == 5)
        for (pause, longest) in zip(test.pauses, [0.5, 1, 2, 4, 8]) {
            #expect(pause >= .seconds(longest / 2) && pause <= .seconds(longest))
        }
        let silent = try ScriptedServer { request, _ in request.path == "/v2/" ? .respond(200) : .drop }
        #expect(try await test.refusal("127.0.0.1:\(silent.port)/a:1").code == .unreachable)
        #expect(try await test.refusal("127.0.0.1:1/a:1").message.contains("cannot connect to 127.0.0.1:1"))
    }

    @Test("trusts no byte: a blob, manifest or length that is not what was promised is refused")
    func lies() async throws {
        let test = try PullFixture()
        var image = TestImage(TarBuilder.tar { $0.file("a", "b") })
        image.damage = { _, blob in blob[blob.count / 2] ^= 1 }
        let damaged = try PullTests.serve(image)
        #expect(try await test.refusal("127.0.0.1:\(damaged.port)/a:1").code == .digestMismatch)
        image.damage = { _, blob in blob.append(0) }
        let longer = try PullTests.serve(image)
        #expect(try await test.refusal("127.0.0.1:\(longer.port)/a:1").code == .sizeMismatch)
        image.damage = { _, _ in }
        image.alterManifest = { $0.layers[0].size = -1 }
        let negative = try PullTests.serve(image)
        #expect(try await test.refusal("127.0.0.1:\(negative.port)/a:1").code == .limitExceeded)
        let endless = try ScriptedServer { _, _ in .respond(200, [:], [UInt8](repeating: 0x20, count: 5 << 20)) }
        #expect(try await test.refusal("127.0.0.1:\(endless.port)/a:1").code == .limitExceeded)
        let other = Array("{}".utf8)
        let liar = try ScriptedServer { _, _ in .respond(200, ["content-type": MediaType.manifest.rawValue], other) }
        let digest = "sha256:" + String(repeating: "a", count: 64)
        #expect(try await test.refusal("127.0.0.1:\(liar.port)/a@\(digest)").code == .digestMismatch)
        #expect(test.store.images() == [])
        #expect(try names(test.store.layersRoot) == [])
    }

    @Test("is shared by all who want the image at the same time")
    func shared() async throws {
        let registry = try TestRegistry()
        try registry.push(Self.image, as: "a:1")
        try registry.push(Self.image, as: "b:1")
        let port = registry.port
        let proxy = try ScriptedServer { _, _ in .forward(port) }
        let test = try PullFixture()
        let names = ["a:1", "a:1", "b:1", "a:1"].map { "127.0.0.1:\(proxy.port)/\($0)" }
        let digests = try await withThrowingTaskGroup(of: Digest.self) { group in
            for name in names { group.addTask { try await test.pull(name).digest } }
            return try await group.reduce(into: [Digest]()) { $0.append($1) }
        }
        #expect(Set(digests).count == 1)
        let big = try Self.largest(try await test.pull(names[0]), test)
        #expect(proxy.count("GET", "\(big.digest)") == 1)
    }
}
