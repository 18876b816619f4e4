import BerthOCI
import BerthUnpack
import Foundation
import Synchronization
import Testing

@testable import BerthImages

/// A registry over a store of its own, with a clock that the test turns.
private struct Fixture {
    let directory: TemporaryDirectory
    let store: ImageStore
    let repositories: Repositories
    let clock: Clock

    final class Clock: Sendable {
        let now = Atomic<Int64>(1_800_000_000_000)
        func advance(hours: Int64) { now.add(hours * 3_600_000, ordering: .relaxed) }
    }

    init() throws {
        let clock = Clock()
        directory = try TemporaryDirectory()
        store = try ImageStore(root: directory.path + "/images", durability: .processDeath)
        repositories = try Repositories(store: store) { clock.now.load(ordering: .relaxed) }
        self.clock = clock
    }

    @discardableResult
    func push(_ bytes: [UInt8], to name: RepositoryName) throws -> Digest {
        let digest = try Documents.digest(of: bytes)
        let upload = try repositories.beginUpload(in: name)
        try bytes.withUnsafeBytes { try upload.append($0) }
        try upload.finish(digest)
        return digest
    }

    /// Pushes an image and gives its manifest's digest.
    func push(_ image: TestImage, to name: RepositoryName, tag: String) throws -> Digest {
        let files = try image.layout()
        let index = try Documents.index(try #require(files["index.json"]), name: "index.json")
        let manifest = try #require(index.manifests.first?.digest)
        for (path, bytes) in files where path.hasPrefix("blobs/") && !path.hasSuffix(manifest.hex) {
            try push(bytes, to: name)
        }
        let bytes = try #require(files["blobs/sha256/\(manifest.hex)"])
        return try repositories.put(bytes, mediaType: MediaType.manifest.rawValue, as: .tag(tag), in: name)
            .manifest.digest
    }

    func roots() throws -> Set<Digest> {
        try store.database.read { try RepositorySchema.repositoryRoots(in: $0) }
    }
}

@Suite("Repositories of the registry inside")
struct RepositoryTests {
    private let name = RepositoryName(stored: "team/app")

    private func tar() -> [UInt8] { TarBuilder.tar { $0.file("file", "hello") } }

    @Test("a pushed image is unpacked from the kept blobs and found by every name of the registry")
    func runs() throws {
        let fixture = try Fixture()
        let own = OwnRegistry(account: "000000000000", region: "us-east-1")
        own.listens(host: "127.0.0.1", port: 5000)
        let images = RepositoryImages(repositories: fixture.repositories, own: own)
        _ = try fixture.repositories.create(name)
        let digest = try fixture.push(TestImage(tar()), to: name, tag: "v1")
        for reference in [
            "127.0.0.1:5000/team/app:v1", "localhost:5000/team/app@\(digest)",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/app:v1",
        ] {
            let image = try #require(try images.image(reference))
            #expect(image.digest == digest)
            #expect(try text(image.layers[0] + "/file") == "hello")
        }
        let held = try #require(try images.use("127.0.0.1:5000/team/app:v1", user: "a test"))
        #expect(held.image.digest == digest)
        #expect(try images.image("busybox") == nil)
        let missing = #expect(throws: ImageError.self) { try images.image("localhost:5000/team/app:v2") }
        #expect(missing?.code == .notFound)
        #expect(missing?.message == "localhost:5000/team/app:v2: the repository team/app has no image v2")
    }

    @Test("an artifact that is no image is kept, and refused only when somebody runs it")
    func artifact() throws {
        let fixture = try Fixture()
        let own = OwnRegistry(account: "000000000000", region: "us-east-1", further: ["r.example.com"])
        let images = RepositoryImages(repositories: fixture.repositories, own: own)
        _ = try fixture.repositories.create(name)
        var image = TestImage(tar())
        image.alterManifest = { $0.config.mediaType = MediaType(rawValue: "application/vnd.example.thing") }
        _ = try fixture.push(image, to: name, tag: "v1")
        let error = #expect(throws: ImageError.self) { try images.image("r.example.com/team/app:v1") }
        #expect(error?.code == .unsupported)
    }

    @Test("what a repository has is a root of garbage collection, and is none when it is deleted")
    func roots() throws {
        let fixture = try Fixture()
        _ = try fixture.repositories.create(name)
        let digest = try fixture.push(TestImage(tar()), to: name, tag: "v1")
        let loose = try fixture.push(Array("of a push under way".utf8), to: name)
        #expect(try fixture.roots().count == 4)
        #expect(try fixture.roots().isSuperset(of: [digest, loose]))
        try fixture.repositories.delete(.digest(digest), in: name)
        #expect(try fixture.roots() == [loose])
        _ = try fixture.repositories.delete(name, force: true)
        #expect(try fixture.roots().isEmpty)
    }

    @Test("a collection leaves what a repository has, unpacked layers too, and takes it once the repository is gone")
    func collection() throws {
        let fixture = try Fixture()
        let own = OwnRegistry(account: "000000000000", region: "us-east-1", further: ["r.example.com"])
        let images = RepositoryImages(repositories: fixture.repositories, own: own)
        _ = try fixture.repositories.create(name)
        let digest = try fixture.push(TestImage(tar()), to: name, tag: "v1")
        let layer = try #require(try images.image("r.example.com/team/app:v1")).layers[0]
        #expect(try fixture.store.prune(all: true).isEmpty)
        #expect(try text(layer + "/file") == "hello")
        #expect(try images.image("r.example.com/team/app:v1")?.digest == digest)
        _ = try fixture.repositories.delete(name, force: true)
        var (blobs, layers) = (0, 0)
        // Who unpacked it in the background may not have let go of all of it yet.
        for _ in 0..<6000 where blobs < 3 || layers < 1 {
            let report = try fixture.store.prune(all: false)
            (blobs, layers) = (blobs + report.blobs, layers + report.layers)
            usleep(10_000)
        }
        #expect(blobs == 3)
        #expect(layers == 1)
        #expect(fixture.store.image(digest: digest) == nil)
    }

    @Test("a push whose bytes are others gives a repository nothing that the store holds")
    func foreignBlob() throws {
        let fixture = try Fixture()
        let mine = RepositoryName(stored: "team/mine")
        for name in [name, mine] { _ = try fixture.repositories.create(name) }
        let theirs = try fixture.push(Array("theirs".utf8), to: name)
        let upload = try fixture.repositories.beginUpload(in: mine)
        #expect(throws: RepositoryError.self) { try upload.finish(theirs) }
        #expect(throws: RepositoryError.self) { try fixture.repositories.blob(theirs, in: mine) }
        _ = try fixture.repositories.blob(theirs, in: name)
    }

    @Test("an image runs whose manifest leaves its media type to the request")
    func untypedManifest() throws {
        let fixture = try Fixture()
        let own = OwnRegistry(account: "000000000000", region: "us-east-1", further: ["r.example.com"])
        let images = RepositoryImages(repositories: fixture.repositories, own: own)
        _ = try fixture.repositories.create(name)
        var image = TestImage(tar())
        image.alterManifest = { $0.mediaType = nil }
        let digest = try fixture.push(image, to: name, tag: "v1")
        #expect(try images.image("r.example.com/team/app:v1")?.digest == digest)
    }

    @Test("a blob that a later push asked for stays when the manifest that brought it is deleted")
    func claims() throws {
        let fixture = try Fixture()
        _ = try fixture.repositories.create(name)
        let shared = try fixture.push(Array("{}".utf8), to: name)
        let manifest = try Documents.encode(
            Manifest(config: Descriptor(mediaType: .configuration, digest: shared, size: 2), layers: []))
        let digest = try fixture.repositories.put(manifest, mediaType: nil, as: .tag("v1"), in: name).manifest.digest
        fixture.clock.advance(hours: 1)
        _ = try fixture.repositories.claimBlob(shared, in: name)
        try fixture.repositories.delete(.digest(digest), in: name)
        #expect(try fixture.repositories.blob(shared, in: name).length == 2)
        // The other push's manifest finds what it was told is there.
        _ = try fixture.repositories.put(manifest, mediaType: nil, as: .tag("v2"), in: name)
    }

    @Test("uploads that nobody goes on with, and blobs that no manifest came for, are dropped in time")
    func tidying() throws {
        let fixture = try Fixture()
        _ = try fixture.repositories.create(name)
        let loose = try fixture.push(Array("loose".utf8), to: name)
        let idle = try fixture.repositories.beginUpload(in: name)
        try idle.release()
        let busy = try fixture.repositories.beginUpload(in: name)
        fixture.clock.advance(hours: 2)
        try fixture.repositories.tidy()
        #expect(throws: RepositoryError.uploadUnknown(idle.id)) { try fixture.repositories.upload(idle.id, in: name) }
        #expect(throws: RepositoryError.uploadBusy(busy.id)) { try fixture.repositories.upload(busy.id, in: name) }
        #expect(try fixture.repositories.blob(loose, in: name).length == 5)
        fixture.clock.advance(hours: 24)
        try fixture.repositories.tidy()
        #expect(throws: RepositoryError.blobUnknown(loose)) { try fixture.repositories.blob(loose, in: name) }
        #expect(try names(fixture.directory.path + "/images/partial") == ["upload-\(busy.id)"])
    }

    @Test("an upload goes on in another process where it was, and only in its own repository")
    func resuming() throws {
        let fixture = try Fixture()
        let other = RepositoryName(stored: "other")
        _ = try fixture.repositories.create(name)
        _ = try fixture.repositories.create(other)
        let bytes = Array("first and second half".utf8)
        let upload = try fixture.repositories.beginUpload(in: name)
        try bytes[..<9].withUnsafeBytes { try upload.append($0) }
        try upload.release()
        // What a process that ends leaves of its open uploads.
        fixture.repositories.uploads.withLock {
            for open in $0.values { open.writer.abandon(keepingPartial: true) }
            $0 = [:]
        }
        let again = try Repositories(store: fixture.store)
        #expect(throws: RepositoryError.uploadUnknown(upload.id)) { try again.upload(upload.id, in: other) }
        #expect(try again.progress(of: upload.id, in: name).length == 9)
        let resumed = try again.upload(upload.id, in: name)
        try bytes[9...].withUnsafeBytes { try resumed.append($0) }
        let digest = try Documents.digest(of: bytes)
        try resumed.finish(digest)
        #expect(try again.blob(digest, in: name).bytes(in: 6..<9) == Array("and".utf8))
    }

    @Test("many uploads lie open, and those that were closed for it go on all the same")
    func manyUploads() throws {
        let fixture = try Fixture()
        _ = try fixture.repositories.create(name)
        var ids: [String] = []
        for number in 0..<Repositories.mostOpenUploads + 10 {
            let upload = try fixture.repositories.beginUpload(in: name)
            try withUnsafeBytes(of: number.littleEndian) { try upload.append($0) }
            try upload.release()
            ids.append(upload.id)
        }
        #expect(fixture.repositories.uploads.withLock { $0.count } <= Repositories.mostOpenUploads + 1)
        for (number, id) in ids.enumerated() {
            let upload = try fixture.repositories.upload(id, in: name)
            try upload.finish(try Documents.digest(of: withUnsafeBytes(of: number.littleEndian) { Array($0) }))
        }
    }

    @Test("a push makes its repository only where the operator lets it")
    func createOnPush() throws {
        let fixture = try Fixture()
        #expect(throws: RepositoryError.repositoryUnknown(name)) { try fixture.repositories.beginUpload(in: name) }
        let open = try Repositories(store: fixture.store, createsOnPush: true)
        try open.beginUpload(in: name).abandon()
        #expect(try open.repository(name).settings == RepositorySettings())
        #expect(throws: RepositoryError.repositoryExists(name)) { try open.create(name) }
    }

    @Test("a blob whose bytes went missing is unknown, so that a client pushes it again")
    func missingBytes() throws {
        let fixture = try Fixture()
        _ = try fixture.repositories.create(name)
        let digest = try fixture.push(Array("{}".utf8), to: name)
        try fixture.store.database.write {
            try $0.execute(sql: "DELETE FROM blob WHERE digest = ?", arguments: [digest.hex])
        }
        #expect(throws: RepositoryError.blobUnknown(digest)) { try fixture.repositories.blob(digest, in: name) }
        let manifest = try Documents.encode(
            Manifest(config: Descriptor(mediaType: .configuration, digest: digest, size: 2), layers: []))
        #expect(throws: RepositoryError.manifestIncomplete(blobs: [digest], manifests: [])) {
            try fixture.repositories.put(manifest, mediaType: nil, as: .tag("v1"), in: name)
        }
        try fixture.push(Array("{}".utf8), to: name)
        _ = try fixture.repositories.put(manifest, mediaType: nil, as: .tag("v1"), in: name)
    }

    @Test("a manifest that is collected while it is pushed is refused, and can be pushed again")
    func collectedManifest() throws {
        let directory = try TemporaryDirectory()
        let store = try ImageStore(root: directory.path + "/images", durability: .processDeath)
        let isCollecting = Atomic(false)
        // The time is asked for between the manifest's bytes and its row.
        let repositories = try Repositories(store: store) {
            if isCollecting.load(ordering: .relaxed) { _ = try? store.collect(.unreferencedOnly) }
            return 1_800_000_000_000
        }
        _ = try repositories.create(name)
        let upload = try repositories.beginUpload(in: name)
        try Array("{}".utf8).withUnsafeBytes { try upload.append($0) }
        let configuration = try Documents.digest(of: Array("{}".utf8))
        try upload.finish(configuration)
        let manifest = try Documents.encode(
            Manifest(config: Descriptor(mediaType: .configuration, digest: configuration, size: 2), layers: []))
        isCollecting.store(true, ordering: .relaxed)
        let error = #expect(throws: RepositoryError.self) {
            try repositories.put(manifest, mediaType: nil, as: .tag("v1"), in: name)
        }
        guard case .storage(let cause) = error else { throw try #require(error) }
        #expect(cause.message.contains("was removed while it was pushed"))
        #expect(try repositories.tags(in: name, after: nil, limit: 10) == [])
        isCollecting.store(false, ordering: .relaxed)
        let kept = try repositories.put(manifest, mediaType: nil, as: .tag("v1"), in: name).manifest
        #expect(try repositories.manifest(.digest(kept.digest), in: name).bytes == manifest)
    }

    @Test("sizes that a manifest makes up add up to no more than there are numbers")
    func hugeSizes() throws {
        let fixture = try Fixture()
        _ = try fixture.repositories.create(name)
        let digests = try ["{}", "[]", "0"].map { try fixture.push(Array($0.utf8), to: name) }
        let manifest = try Documents.encode(
            Manifest(
                config: Descriptor(mediaType: .configuration, digest: digests[0], size: .max),
                layers: digests[1...].map { Descriptor(mediaType: .layer, digest: $0, size: .max) }))
        let kept = try fixture.repositories.put(manifest, mediaType: nil, as: .tag("v1"), in: name).manifest
        #expect(kept.imageSize == .max)
    }

    @Test("a manifest goes with its last tag, but not with one of two, and not one that an index lists")
    func untagging() throws {
        let fixture = try Fixture()
        _ = try fixture.repositories.create(name)
        let digest = try fixture.push(TestImage(tar()), to: name, tag: "v1")
        _ = try fixture.push(TestImage(tar()), to: name, tag: "v2")
        #expect(try fixture.repositories.untag("v1", in: name).tags == ["v1", "v2"])
        #expect(try fixture.repositories.describe(.digest(digest), in: name).tags == ["v2"])
        #expect(throws: RepositoryError.manifestUnknown(.tag("v2"), name)) {
            try fixture.repositories.untag("v2", of: try Documents.digest(of: []), in: name)
        }
        let manifest = try fixture.repositories.describe(.digest(digest), in: name)
        let index = try Documents.encode(
            Index(manifests: [Descriptor(mediaType: .manifest, digest: digest, size: manifest.size)]))
        _ = try fixture.repositories.put(index, mediaType: MediaType.index.rawValue, as: .tag("all"), in: name)
        try fixture.repositories.untag("v2", in: name)
        #expect(try fixture.repositories.describe(.digest(digest), in: name).tags == [])
        try fixture.repositories.untag("all", in: name)
        _ = try fixture.push(TestImage(tar()), to: name, tag: "v3")
        #expect(try fixture.repositories.untag("v3", of: digest, in: name).digest == digest)
        #expect(throws: RepositoryError.manifestUnknown(.digest(digest), name)) {
            try fixture.repositories.describe(.digest(digest), in: name)
        }
    }

    @Test("a tag that a manifest is given while its last one is taken is never lost")
    func untaggingAtOnce() async throws {
        let fixture = try Fixture()
        _ = try fixture.repositories.create(name)
        let files = try TestImage(tar()).layout()
        let index = try Documents.index(try #require(files["index.json"]), name: "index.json")
        let manifest = try #require(files["blobs/sha256/\(index.manifests[0].digest.hex)"])
        for round in 0..<100 {
            _ = try fixture.push(TestImage(tar()), to: name, tag: "v1")
            let (repositories, name) = (fixture.repositories, name)
            async let untagged: Void = Self.onThread { _ = try? repositories.untag("v1", in: name) }
            // Refused when the blobs went with the manifest, and then the client is told.
            async let isTagged = Self.onThread {
                (try? repositories.put(manifest, mediaType: MediaType.manifest.rawValue, as: .tag("v2"), in: name))
                    != nil
            }
            await untagged
            if await isTagged {
                #expect(throws: Never.self, "round \(round)") { try repositories.describe(.tag("v2"), in: name) }
                try repositories.untag("v2", in: name)
            }
        }
    }

    /// Runs what blocks on a thread of its own.
    private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }

    @Test("an image that is unpacked is known by every name without being prepared, also one behind an index")
    func known() throws {
        let fixture = try Fixture()
        let own = OwnRegistry(account: "000000000000", region: "us-east-1", further: ["r.example.com"])
        _ = try fixture.repositories.create(name)
        let digest = try fixture.push(TestImage(tar()), to: name, tag: "v1")
        let manifest = try fixture.repositories.describe(.digest(digest), in: name)
        let index = try Documents.encode(
            Index(manifests: [Descriptor(mediaType: .manifest, digest: digest, size: manifest.size)]))
        _ = try fixture.repositories.put(index, mediaType: MediaType.index.rawValue, as: .tag("all"), in: name)
        // Made after the push, so that nobody prepares it.
        let images = RepositoryImages(repositories: fixture.repositories, own: own)
        #expect(try images.unpacked("r.example.com/team/app:v1") == nil)
        #expect(try images.unpacked("r.example.com/team/app:all") == nil)
        #expect(try images.unpacked("busybox") == nil)
        _ = try images.image("r.example.com/team/app:v1")
        for reference in ["team/app:v1", "team/app:all", "team/app@\(digest)"] {
            #expect(try images.unpacked("r.example.com/" + reference)?.digest == digest)
        }
        #expect(throws: ImageError.self) { try images.unpacked("r.example.com/team/app:v2") }
    }
}
