import BerthOCI
import Foundation
import Testing

@testable import BerthImages

@Suite("Pulling from a registry", .enabled(if: TestRegistry.isPresent && isRoot, TestRegistry.needed))
struct PullTests {
    static var image: TestImage {
        TestImage(
            TarBuilder.tar { $0.file("hello", "world") }, TarBuilder.tar { $0.file("second", "layer") })
    }

    @Test("brings an image whose layers are of any form", arguments: [TestImage.Form.plain, .gzip, .zstd])
    func forms(form: TestImage.Form) async throws {
        let registry = try TestRegistry()
        var image = Self.image
        image.form = form
        try registry.push(image, as: "team/etl:1")
        let test = try PullFixture()
        let stored = try await test.pull("\(registry.host)/team/etl:1")
        #expect(stored.name == "\(registry.host)/team/etl:1")
        #expect(try text("\(stored.layers[0])/hello") == "world")
        #expect(try text("\(stored.layers[1])/second") == "layer")
        #expect(try test.store.image("\(registry.host)/team/etl:1") == stored)
        let manifest = try Documents.manifest(
            try #require(try test.store.blobs.blob(stored.digest)).bytes(limit: 1 << 20), name: "it")
        for layer in manifest.layers {
            #expect(try test.store.blobs.blob(layer.digest)?.length == layer.size, "kept as it came")
        }
        #expect(test.progress.last?.step == .done)
        #expect(test.pauses == [])
    }

    @Test("takes Docker's manifests too, and an image by its digest")
    func dockerManifest() async throws {
        let registry = try TestRegistry()
        try registry.push(Self.image, as: "a:docker", arguments: ["--format", "v2s2"])
        let test = try PullFixture()
        let stored = try await test.pull("\(registry.host)/a:docker")
        #expect(try text("\(stored.layers[0])/hello") == "world")
        let byDigest = try await test.pull("\(registry.host)/a:whatever@\(stored.digest)")
        #expect(byDigest.digest == stored.digest)
        #expect(byDigest.name == "\(registry.host)/a@\(stored.digest)")
        #expect(test.progress.suffix(2).map(\.step) == [.present, .present])
    }

    @Test("says what is not there")
    func missing() async throws {
        let registry = try TestRegistry()
        try registry.push(Self.image, as: "a:1")
        let test = try PullFixture()
        let tag = try await test.refusal("\(registry.host)/a:2")
        #expect(tag.code == .notFound)
        #expect(
            tag.message.hasPrefix(
                "cannot pull \(registry.host)/a:2: \(registry.host) does not have it: manifest unknown"))
        #expect(try await test.refusal("\(registry.host)/nothing").code == .notFound)
        #expect(test.pauses == [], "what is not there is not waited for")
    }

    @Test("goes by its policy")
    func policies() async throws {
        let registry = try TestRegistry()
        try registry.push(Self.image, as: "a:1")
        let name = "\(registry.host)/a:1"
        let test = try PullFixture()
        let never = try await test.refusal(name, policy: .never)
        #expect(never.code == .notFound && never.message.contains("berth image pull \(name)"))
        let first = try await test.pull(name, policy: .missing)
        try registry.push(TestImage(TarBuilder.tar { $0.file("new", "one") }), as: "a:1")
        #expect(try await test.pull(name, policy: .missing).digest == first.digest)
        #expect(try await test.pull(name, policy: .never).digest == first.digest)
        let second = try await test.pull(name, policy: .always)
        #expect(second.digest != first.digest, "the tag has moved")
        #expect(try text("\(second.layers[0])/new") == "one")
    }

    @Test("needs the right password where there is one")
    func password() async throws {
        let open = try TestRegistry()
        try open.push(Self.image, as: "a:1")
        let registry = try TestRegistry(storage: open, authentication: .password)
        let name = "\(registry.host)/a:1"
        let test = try PullFixture()
        let none = try await test.refusal(name)
        #expect(none.code == .unauthorized)
        #expect(none.message.contains("wants credentials and none are there"))
        let wrong = try await test.refusal(name, credentials: .init(username: "alice", password: "wrong"))
        #expect(wrong.code == .unauthorized)
        #expect(wrong.message.contains("refuses user alice") && !wrong.message.contains("wrong"))
        try await test.pull(name, credentials: TestRegistry.credentials)

        let file = "\(test.root)/config.json"
        let auth = Data("alice:s3cret".utf8).base64EncodedString()
        try writeFile(file, Array(#"{"auths": {"\#(registry.host)": {"auth": "\#(auth)"}}}"#.utf8))
        let other = try PullFixture { $0.credentialsFile = file }
        try await other.pull(name)
    }

    @Test("falls back from a mirror to the registry, and takes from the mirror what it has")
    func mirrors() async throws {
        let registry = try TestRegistry()
        let mirror = try TestRegistry()
        try registry.push(Self.image, as: "team/a:1")
        try registry.push(Self.image, as: "team/b:1")
        try mirror.push(TestImage(TarBuilder.tar { $0.file("from", "mirror") }), as: "hub/team/a:1")
        let test = try PullFixture {
            $0.mirrors[registry.host] = ["127.0.0.1:1", "\(mirror.host)/hub"]
        }
        let stored = try await test.pull("\(registry.host)/team/a:1")
        #expect(try text("\(stored.layers[0])/from") == "mirror")
        let other = try await test.pull("\(registry.host)/team/b:1")
        #expect(try text("\(other.layers[0])/hello") == "world")
    }

    @Test("takes the image for this machine out of an index")
    func index() async throws {
        let registry = try TestRegistry()
        let layout = try TemporaryDirectory()
        var foreign = TestImage(TarBuilder.tar { $0.file("hello", "arm") })
        foreign.platform = Platform(architecture: "riscv64", os: "linux")
        var files = try foreign.layout()
        let own = try Self.image.layout()
        var entries: [Descriptor] = []
        for (source, platform) in [(files, foreign.platform), (own, Platform.host)] {
            let index = try Documents.index(try #require(source["index.json"]), name: "")
            var entry = try #require(index.manifests.first)
            entry.platform = platform
            entry.annotations = nil
            entries.append(entry)
        }
        files.merge(own) { $1 }
        let inner = try Documents.encode(Index(manifests: entries))
        let digest = try Documents.digest(of: inner)
        files["blobs/sha256/\(digest.hex)"] = inner
        files["index.json"] = try Documents.encode(
            Index(manifests: [Descriptor(mediaType: .index, digest: digest, size: Int64(inner.count))]))
        try files.write(to: layout.path)
        try Command.run(
            "/usr/bin/skopeo",
            [
                "--insecure-policy", "copy", "--all", "--preserve-digests", "--dest-tls-verify=false",
                "oci:\(layout.path)",
                "docker://\(registry.host)/multi:1",
            ])
        let test = try PullFixture()
        let stored = try await test.pull("\(registry.host)/multi:1")
        #expect(try text("\(stored.layers[0])/hello") == "world")
        #expect(stored.digest == entries[1].digest)
        let byDigest = try await test.pull("\(registry.host)/multi@\(digest)", policy: .missing)
        #expect(byDigest.name == "\(registry.host)/multi@\(digest)")
        #expect(try await test.pull("\(registry.host)/multi:1@\(digest)", policy: .never) == byDigest)
    }

    @Test("refuses foreign layers and artifacts by name")
    func refused() async throws {
        let registry = try TestRegistry()
        let test = try PullFixture()
        var foreign = Self.image
        foreign.layerType = MediaType(rawValue: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")
        let server = try Self.serve(foreign)
        let error = try await test.refusal("127.0.0.1:\(server.port)/a:1")
        #expect(error.code == .unsupported)
        #expect(error.message.contains("nondistributable"))
        #expect(server.count("GET", "/blobs/") == 1, "the configuration, and none of the layers")
        _ = registry
    }

    /// Serves an image's files as a registry would, without any checks of its own.
    static func serve(_ image: TestImage) throws -> ScriptedServer {
        let files = try image.layout()
        let index = try Documents.index(try #require(files["index.json"]), name: "")
        let manifest = try #require(index.manifests.first)
        return try ScriptedServer { request, _ in
            let last = request.path.split(separator: "/").last.map(String.init) ?? ""
            if request.path == "/v2/" { return .respond(200) }
            let digest = request.path.contains("/manifests/") ? Digest(last) ?? manifest.digest : Digest(last)
            guard let digest, let bytes = files["blobs/sha256/\(digest.hex)"] else { return .respond(404) }
            let type = request.path.contains("/manifests/") ? MediaType.manifest.rawValue : "application/octet-stream"
            return .respond(200, ["content-type": type], bytes)
        }
    }
}
