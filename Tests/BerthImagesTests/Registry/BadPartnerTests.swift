import BerthOCI
import BerthUnpack
import Foundation
import Testing

@testable import BerthImages

@Suite("A pull beside bad registries", .enabled(if: isRoot, needsRoot))
struct BadPartnerTests {
    private static var image: TestImage { TestImage(TarBuilder.tar { $0.file("hello", "world") }) }

    /// The image's files by digest; its only layer and its manifest.
    private struct Served {
        var files: [Digest: [UInt8]] = [:]
        var manifest: Digest
        var layer: Digest

        init(_ image: TestImage) throws {
            let layout = try image.layout()
            for (name, bytes) in layout {
                if let digest = Digest(hex: String(name.dropFirst("blobs/sha256/".count))) { files[digest] = bytes }
            }
            let index = try Documents.index(try #require(layout["index.json"]), name: "")
            manifest = try #require(index.manifests.first).digest
            let bytes = try #require(files[manifest])
            layer = try #require(try Documents.decode(Manifest.self, from: bytes, name: "").layers.first).digest
        }

        /// What an honest registry answers.
        func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Answer {
            let last = request.path.split(separator: "/").last.map(String.init) ?? ""
            if request.path == "/v2/" { return .respond(200) }
            let isManifest = request.path.contains("/manifests/")
            guard let bytes = files[isManifest ? Digest(last) ?? manifest : Digest(last) ?? manifest] else {
                return .respond(404)
            }
            return .respond(
                200, ["content-type": isManifest ? MediaType.manifest.rawValue : "application/octet-stream"], bytes)
        }
    }

    private func until(_ isTrue: () -> Bool) async throws {
        while !isTrue() { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test("is not held up by another's slow registry that has the same layer")
    func stranger() async throws {
        let served = try Served(Self.image)
        let slow = try ScriptedServer { request, _ in
            guard request.path.hasSuffix("\(served.layer)"), let bytes = served.files[served.layer] else {
                return served.answer(request)
            }
            return .trickle(bytes, 1_000_000)
        }
        let good = try ScriptedServer { request, _ in served.answer(request) }
        let test = try PullFixture()
        let held = Task { try await test.pull("127.0.0.1:\(slow.port)/a:1") }
        try await until { slow.count("GET", "\(served.layer)") == 1 }
        let stored = try await test.pull("127.0.0.1:\(good.port)/a:1")
        #expect(try text("\(stored.layers[0])/hello") == "world")
        held.cancel()
        await #expect(throws: ImageError.self) { try await held.value }
    }

    @Test("gives up on a body that comes in drops, by name")
    func drops() async throws {
        // More than comes while nobody looks.
        let served = try Served(TestImage(TarBuilder.tar { $0.add("noise", data: noise(1_000_000)) }))
        let slow = try ScriptedServer { request, _ in
            request.path.hasSuffix("\(served.layer)")
                ? .trickle([UInt8](repeating: 0, count: served.files[served.layer]?.count ?? 0), 2_000)
                : served.answer(request)
        }
        let test = try PullFixture { settings in
            settings.retry.slowestSpan = .milliseconds(10)
            settings.retry.attempts = 3
        }
        let error = try await test.refusal("127.0.0.1:\(slow.port)/a:1")
        #expect(error.code == .unreachable)
        #expect(error.message.contains("127.0.0.1:\(slow.port) has sent only"), "\(error)")
        #expect(error.message.contains("after 3 tries"), "\(error)")
        #expect(slow.count("GET", "\(served.layer)") == 3)
    }

    @Test("takes the registry's bytes when a mirror's, of the right length, are wrong", arguments: [true, false])
    func lyingMirror(inLayer: Bool) async throws {
        let served = try Served(Self.image)
        let manifest = try #require(served.files[served.manifest])
        let configuration = try Documents.manifest(manifest, name: "").config.digest
        let wrong = inLayer ? served.layer : configuration
        let mirror = try ScriptedServer { request, _ in
            guard request.path.hasSuffix("\(wrong)"), var bytes = served.files[wrong] else {
                return served.answer(request)
            }
            bytes[bytes.count / 2] ^= 1
            return .respond(200, [:], bytes)
        }
        let registry = try ScriptedServer { request, _ in served.answer(request) }
        let host = "127.0.0.1:\(registry.port)"
        let test = try PullFixture { $0.mirrors[host] = ["127.0.0.1:\(mirror.port)"] }
        let stored = try await test.pull("\(host)/a:1")
        #expect(try text("\(stored.layers[0])/hello") == "world")
        #expect(mirror.count("GET", "\(wrong)") == 1)
        #expect(registry.count("GET", "\(wrong)") == 1)
        #expect(try names("\(test.root)/partial") == [])
    }

    @Test("fetches all anew when the bytes of two sources do not fit together")
    func mixed() async throws {
        let image = TestImage(TarBuilder.tar { $0.add("big", data: noise(3 << 20)) })
        let served = try Served(image)
        let mirror = try ScriptedServer { request, number in
            guard request.path.hasSuffix("\(served.layer)"), let bytes = served.files[served.layer] else {
                return served.answer(request)
            }
            // The first half, wrong, and then no more.
            if number > 0 { return .respond(404) }
            return .broken([UInt8](repeating: 7, count: bytes.count / 2), stated: bytes.count)
        }
        let registry = try ScriptedServer { request, _ in served.answer(request) }
        let host = "127.0.0.1:\(registry.port)"
        let test = try PullFixture { $0.mirrors[host] = ["127.0.0.1:\(mirror.port)"] }
        let stored = try await test.pull("\(host)/a:1")
        #expect(status("\(stored.layers[0])/big")?.st_size == 3 << 20)
    }

    @Test("refuses a manifest that can be read in two ways")
    func ambiguous() async throws {
        var image = Self.image
        image.manifestText = { manifest in
            let text = String(decoding: try Documents.encode(manifest), as: UTF8.self)
            return Array(text.replacing("\"layers\":", with: "\"Layers\":[],\"layers\":").utf8)
        }
        let served = try Served(image)
        let registry = try ScriptedServer { request, _ in served.answer(request) }
        let error = try await PullFixture().refusal("127.0.0.1:\(registry.port)/a:1")
        #expect(error.code == .malformed)
        #expect(error.message.contains("two ways"), "\(error)")
    }

    @Test("asks a registry for no more than four layers at once")
    func bounded() async throws {
        var image = Self.image
        image.layers = (0..<12).map { number in TarBuilder.tar { $0.file("\(number)", "x") } }
        let served = try Served(image)
        let registry = try ScriptedServer { request, _ in
            if case .respond(200, _, let bytes) = served.answer(request), request.path.contains("/blobs/") {
                return .trickle(bytes, 2_000)
            }
            return served.answer(request)
        }
        let stored = try await PullFixture().pull("127.0.0.1:\(registry.port)/a:1")
        #expect(stored.layers.count == 12)
        #expect((2...4).contains(registry.mostAtOnce), "\(registry.mostAtOnce)")
    }

    @Test("goes through the proxy that the environment names, with what authenticates there")
    func proxied() async throws {
        let served = try Served(Self.image)
        let registry = try ScriptedServer { request, _ in served.answer(request) }
        let port = registry.port
        let proxy = try ScriptedServer { request, _ in
            request.method == "CONNECT" && request.headers["proxy-authorization"] == TestRegistry.credentials.basic
                ? .tunnel(port) : .respond(407)
        }
        func fixture(_ address: String) throws -> PullFixture {
            try PullFixture(environment: ["HTTP_PROXY": address, "HTTPS_PROXY": address]) {
                $0.insecure = ["far.invalid:5000"]
            }
        }
        let test = try fixture("http://alice:s3cret@127.0.0.1:\(proxy.port)")
        let stored = try await test.pull("far.invalid:5000/a:1")
        #expect(try text("\(stored.layers[0])/hello") == "world")
        #expect(proxy.requests.allSatisfy { $0.target == "far.invalid:5000" })
        let error = try await fixture("127.0.0.1:\(proxy.port)").refusal("far.invalid:5000/a:1")
        #expect(error.message.contains("the proxy before far.invalid:5000 wants other credentials"), "\(error)")
    }
}
