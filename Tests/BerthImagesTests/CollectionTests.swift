import BerthLinux
import BerthOCI
import BerthUnpack
import GRDB
import Glibc
import Synchronization
import Testing

@testable import BerthImages

@Suite("Garbage collection", .enabled(if: isRoot, needsRoot))
struct CollectionTests {
    static func image(_ name: String, bytes: Int = 5000) -> TestImage {
        TestImage(
            TarBuilder.tar { $0.file("shared") },
            TarBuilder.tar { $0.add(name, data: .init(repeating: 7, count: bytes)) })
    }

    private func files(_ store: ImageStore) throws -> Int {
        try names("\(store.root)/blobs/sha256").count + names(store.layersRoot).count
    }

    /// Everything was last used `seconds` ago.
    private func age(_ store: ImageStore, seconds: Int64) throws {
        try store.database.write { database in
            for table in ["image", "blob", "layer"] {
                try database.execute(sql: "UPDATE \(table) SET used = used - ?", arguments: [seconds * 1000])
            }
        }
    }

    private func pulled(_ store: ImageStore) throws {
        try store.database.write { try $0.execute(sql: "UPDATE image SET pulled = 1") }
    }

    @Test("takes nothing that an image needs, and all that nothing needs")
    func unreferenced() throws {
        let test = try TestStore()
        let kept = try test.import(Self.image("a"), name: "a")
        let before = try files(test.store)
        let stray = Array("stray".utf8)
        try test.store.blobs.put(stray, as: try Documents.digest(of: stray))
        #expect(try test.store.collect(CollectionPolicy()).isEmpty, "what is new may be about to be needed")
        #expect(try test.store.diskUse().unused > 0)
        let report = try test.store.collect(.unreferencedOnly)
        #expect((report.blobs, report.layers, report.images) == (1, 0, []))
        #expect(report.freedBytes == 4096)
        #expect(try files(test.store) == before)
        #expect(try names("\(test.store.root)/trash") == [])
        #expect(try test.store.diskUse().unused == 0)
        #expect(try test.store.image("a") == kept)
    }

    @Test("gives up pulled images that were not used for long, and no others")
    func byAge() throws {
        let test = try TestStore()
        for name in ["old", "held"] { try test.import(Self.image(name), name: name) }
        try pulled(test.store)
        try test.import(Self.image("imported"), name: "imported")
        let hold = try test.store.use("held", user: "a task")
        try age(test.store, seconds: 40 * 24 * 3600)
        let report = try test.store.collect(CollectionPolicy())
        #expect(report.images == ["docker.io/library/old:latest"])
        #expect(report.layers == 1, "the shared layer stays")
        #expect(throws: ImageError.self) { try test.store.image("old") }
        hold.release()
        #expect(try test.store.collect(CollectionPolicy()).isEmpty, "it was used until now")
        #expect(try ImageStore.reopened(test).images().count == 2)
    }

    @Test("gives up what was used longest ago until the store is small enough")
    func bySize() throws {
        let test = try TestStore()
        for name in ["a", "b", "c"] {
            try test.import(Self.image(name, bytes: 1 << 20), name: name)
            try age(test.store, seconds: 100)
        }
        try pulled(test.store)
        test.store.hold(try test.store.image("a"), user: "a task").release()
        var policy = CollectionPolicy()
        policy.maximumBytes = 9 << 18
        let report = try test.store.collect(policy)
        #expect(report.images == ["docker.io/library/b:latest"])
        let use = try test.store.diskUse()
        #expect(use.blobs + use.layers <= 9 << 18)
    }

    @Test("keeps what a lease holds, and what others have rows for")
    func roots() throws {
        let test = try TestStore()
        let (leased, rooted) = (Array("leased".utf8), Array("rooted".utf8))
        let digest = try Documents.digest(of: rooted)
        for bytes in [leased, rooted] { try test.store.blobs.put(bytes, as: try Documents.digest(of: bytes)) }
        let lease = try test.store.lease(owner: "pull")
        try lease.hold([try Documents.digest(of: leased)])
        let image = try test.import(Self.image("repository"), name: "repository")
        test.store.addRoots { _ in [digest, image.digest] }
        #expect(try test.store.remove("repository").deleted == nil, "the repository has it still")
        #expect(test.store.image(digest: image.digest) != nil)
        #expect(try test.store.prune(all: true).isEmpty)
        try lease.release()
        #expect(try test.store.collect(.unreferencedOnly).blobs == 1)
        #expect(try ImageStore.reopened(test).image(digest: image.digest)?.name == "\(image.digest)")
    }

    @Test("removes partial files that nobody goes on with")
    func partials() throws {
        let test = try TestStore()
        let digest = try Documents.digest(of: [1])
        let upload = try test.store.blobs.beginUpload("x")
        try writeFile("\(test.store.root)/partial/\(digest.hex)", [1])
        for name in ["upload-x", digest.hex] {
            var times = [timeval(tv_sec: 1, tv_usec: 0), timeval(tv_sec: 1, tv_usec: 0)]
            utimes("\(test.store.root)/partial/\(name)", &times)
        }
        try test.store.collect(CollectionPolicy())
        #expect(try names("\(test.store.root)/partial") == ["upload-x"])
        upload.abandon(keepingPartial: false)
    }

    @Test("tells the disk's use exactly as du does")
    func exactUse() throws {
        let test = try TestStore()
        var image = Self.image("a", bytes: 100_000)
        image.layers.append(
            TarBuilder.tar { tar in
                tar.file("d/e/f", "x"); tar.hardLink("d/link", to: "d/e/f"); tar.symlink("d/s", to: "f")
            })
        try test.import(image, name: "a")
        let use = try test.store.diskUse()
        let root = test.store.root
        let told = try #require(try du(["\(root)/blobs", "\(root)/layers"]))
        #expect(use.blobs + use.layers == told)
    }

    @Test("never takes an image away that a start has found")
    func race() throws {
        let test = try TestStore()
        let store = test.store
        let layouts = try (0..<3).map { index in
            let path = "\(test.directory.path)/layout\(index)"
            try Self.image("image\(index)").layout().write(to: path)
            return path
        }
        let isOver = Atomic(false)
        let found = Atomic(0)
        let lost = Atomic(0)
        try Workers.run(4, width: 4, cancellation: Cancellation()) { worker throws(ImageError) in
            switch worker {
            case 0:
                for round in 0..<30 {
                    _ = try store.importImage(from: layouts[round % 3], name: "image\(round % 3)")
                }
                isOver.store(true, ordering: .relaxed)
            case 1:
                while !isOver.load(ordering: .relaxed) {
                    _ = try store.prune(all: true)
                }
            default:
                while !isOver.load(ordering: .relaxed) {
                    for index in 0..<3 {
                        guard let hold = try? store.use("image\(index)", user: "a task") else { continue }
                        found.add(1, ordering: .relaxed)
                        usleep(200)
                        for layer in hold.image.layers where access("\(layer)/shared", F_OK) != 0 {
                            if access("\(layer)/image\(index)", F_OK) != 0 { lost.add(1, ordering: .relaxed) }
                        }
                        hold.release()
                    }
                }
            }
        }
        #expect(found.load(ordering: .relaxed) > 0)
        #expect(lost.load(ordering: .relaxed) == 0)
        _ = try store.prune(all: true)
        #expect(try files(store) == 0)
        #expect(store.findings == [])
        #expect(try ImageStore.reopened(test).images() == [])
    }

    @Test("runs on a thread of its own, until it is let go of")
    func collector() async throws {
        let test = try TestStore()
        let stray = Array("stray".utf8)
        try test.store.blobs.put(stray, as: try Documents.digest(of: stray))
        let reports = AsyncStream<CollectionReport>.makeStream()
        var collector: ImageCollector? = try ImageCollector.start(test.store, policy: .unreferencedOnly) { result in
            if let report = try? result.get() { reports.continuation.yield(report) }
        }
        var iterator = reports.stream.makeAsyncIterator()
        #expect(await iterator.next()?.blobs == 1)
        collector?.wake()
        #expect(await iterator.next()?.isEmpty == true)
        collector = nil
        #expect(test.store.unlinker.withLock { $0 == nil })
    }
}

@Suite("Removing an image", .enabled(if: isRoot, needsRoot))
struct RemovalTests {
    @Test("takes its last name and what no other image shares")
    func last() throws {
        let test = try TestStore()
        let image = try test.import(CollectionTests.image("a"), name: "a")
        try test.import(CollectionTests.image("a"), name: "b")
        try test.import(CollectionTests.image("c"), name: "c")
        #expect(try test.store.remove("a") == ImageRemoval(untagged: [image.name], deleted: nil, freedBytes: 0))
        #expect(throws: ImageError.self) { try test.store.image("a") }
        let removal = try test.store.remove("b")
        #expect(removal.deleted == image.digest)
        #expect(removal.freedBytes > 5000)
        #expect(try names(test.store.layersRoot).count == 2)
        #expect(try test.store.remove("\(test.store.image("c").digest)").deleted != nil)
        #expect(try names(test.store.layersRoot) == [])
        #expect(try names("\(test.store.root)/blobs/sha256") == [])
        #expect(try ImageStore.reopened(test).images() == [])
    }

    @Test("is refused while tasks run on it, which are named")
    func inUse() throws {
        let test = try TestStore()
        try test.import(CollectionTests.image("a"), name: "a")
        let hold = try test.store.use("a", user: "task 0123")
        let error = try #require(throws: ImageError.self) { try test.store.remove("a") }
        #expect(error.code == .inUse)
        #expect(error.message.contains("docker.io/library/a:latest"))
        #expect(error.message.contains("task 0123"))
        #expect(try test.store.image("a") == hold.image)
        hold.release()
        _ = try test.store.remove("a")
        #expect(try #require(throws: ImageError.self) { try test.store.remove("a") }.code == .notFound)
    }
}

/// What du(1) says in bytes, each file once.
func du(_ paths: [String]) throws -> Int64? {
    let output = try Run.output(["du", "--block-size=1", "-sc"] + paths)
    return output.split(separator: "\n").last?.split(separator: "\t").first.flatMap { Int64($0) }
}
