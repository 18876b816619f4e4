import BerthOCI
import BerthUnpack
import GRDB
import Glibc
import Testing

@testable import BerthImages

@Suite("Opening an image store", .enabled(if: isRoot, needsRoot))
struct ReconciliationTests {
    private static var image: TestImage {
        TestImage(TarBuilder.tar { $0.file("a") }, TarBuilder.tar { $0.file("b") })
    }

    private func digests(_ store: ImageStore, _ table: String) throws -> [String] {
        try store.database.read { try String.fetchAll($0, sql: "SELECT digest FROM \(table) ORDER BY digest") }
    }

    @Test("forgets rows without files, and puts files without rows aside")
    func both() throws {
        let test = try TestStore()
        let stored = try test.import(Self.image)
        let stray = Array("stray".utf8)
        let digest = try Documents.digest(of: stray)
        try test.store.blobs.put(stray, as: digest)
        unlink("\(test.store.root)/blobs/sha256/\(digest.hex)")
        try writeFile("\(test.store.root)/blobs/sha256/\(String(repeating: "0", count: 64))", [1])
        mkdir("\(test.store.layersRoot)/\(String(repeating: "1", count: 64))", 0o755)
        let store = try ImageStore.reopened(test)
        #expect(try digests(store, "blob") == names("\(store.root)/blobs/sha256"))
        #expect(try digests(store, "layer") == names(store.layersRoot))
        #expect(store.images() == [stored])
        #expect(try names("\(store.root)/trash").count == 2)
        try store.collect(CollectionPolicy())
        #expect(try names("\(store.root)/trash") == [])
    }

    @Test("after another boot keeps only what was written to disk for sure")
    func boot() throws {
        let test = try TestStore()
        let stored = try test.import(Self.image)
        let (unsure, sure) = (Array("unsure".utf8), Array("sure".utf8))
        try test.store.blobs.put(unsure, as: try Documents.digest(of: unsure))
        try test.store.blobs.put(sure, as: try Documents.digest(of: sure), synced: true)
        try test.store.lease(owner: "pull").hold([try Documents.digest(of: unsure)])
        #expect(try ImageStore.reopened(test).blobs.size(try Documents.digest(of: unsure)) == 6)
        try test.store.database.write { database in
            try database.execute(sql: "UPDATE meta SET value = 'former' WHERE key = 'boot'")
            try database.execute(sql: "UPDATE lease SET boot = 'former'")
        }
        let store = try ImageStore.reopened(test)
        #expect(store.images() == [stored])
        #expect(try store.blobs.size(try Documents.digest(of: sure)) == 4)
        #expect(try store.blobs.size(try Documents.digest(of: unsure)) == nil)
        #expect(try digests(store, "lease_part") == [])
    }

    @Test("after another boot forgets a pulled image that was not yet on the disk, and all that was its own")
    func unsettled() throws {
        let test = try TestStore()
        let kept = try test.import(Self.image)
        let other = try test.import(
            TestImage(TarBuilder.tar { $0.file("a") }, TarBuilder.tar { $0.file("c") }), name: "c")
        try test.store.database.write { database in
            let (row, layer) = (other.digest.hex, other.configuration.rootfs.diffIDs[1].hex)
            try database.execute(sql: "UPDATE image SET synced = 0 WHERE digest = ?", arguments: [row])
            try database.execute(sql: "UPDATE layer SET synced = 0 WHERE digest = ?", arguments: [layer])
            try database.execute(sql: "UPDATE blob SET synced = 0 WHERE digest = ?", arguments: [row])
            try database.execute(sql: "UPDATE meta SET value = 'former' WHERE key = 'boot'")
        }
        let store = try ImageStore.reopened(test)
        #expect(store.images() == [kept])
        #expect(store.findings == [])
        #expect(try digests(store, "layer").count == 2)
        #expect(try digests(store, "blob") == names("\(store.root)/blobs/sha256"))
    }

    @Test("goes on writing to the disk what the last process had offered before that")
    func settles() async throws {
        let test = try TestStore()
        let stored = try test.import(Self.image)
        try test.store.database.write { database in
            for table in ["image", "layer", "blob"] { try database.execute(sql: "UPDATE \(table) SET synced = 0") }
        }
        let store = try ImageStore.reopened(test)
        #expect(store.images() == [stored])
        func unsettled() throws -> Int? {
            try store.database.read { database in
                try Int.fetchOne(
                    database,
                    sql: """
                        SELECT (SELECT count(*) FROM image WHERE synced = 0) + (SELECT count(*) FROM layer WHERE synced = 0)
                            + (SELECT count(*) FROM blob WHERE synced = 0)
                        """)
            }
        }
        while try unsettled() != 0 { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test("takes over a store of the time of index.json, once")
    func takeover() throws {
        let test = try TestStore()
        let good = try test.import(Self.image, name: "good")
        let bad = try test.import(TestImage(TarBuilder.tar { $0.file("c") }), name: "bad")
        let entries = [good, bad].map { image in
            Descriptor(
                mediaType: .manifest, digest: image.digest, size: 1,
                annotations: [
                    AnnotationKey.referenceName: image.name, "io.berth.image.imported": "\(image.importedAt)",
                ])
        }
        try writeFile("\(test.store.root)/index.json", try Documents.encode(Index(manifests: entries)))
        try writeFile("\(test.store.root)/blobs/sha256/\(bad.digest.hex)", Array("{}".utf8))
        for suffix in ["", "-wal", "-shm"] { unlink("\(test.store.root)/images.db\(suffix)") }
        let store = try ImageStore.reopened(test)
        #expect(store.images() == [good])
        #expect(store.findings.count == 1)
        #expect(store.findings.first?.message.contains("docker.io/library/bad:latest") == true)
        #expect(try names(store.layersRoot).count == 3, "a task may still run on the damaged one")
        #expect(access("\(store.root)/index.json", F_OK) != 0)
        flock(store.directories.root.number, LOCK_UN)
        #expect(try ImageStore(root: store.root).images() == [good])
    }

    @Test("refuses a damaged database and says what to do")
    func damaged() throws {
        let test = try TestStore()
        try writeFile("\(test.store.root)/images.db", Array(repeating: 7, count: 8192))
        for suffix in ["-wal", "-shm"] { unlink("\(test.store.root)/images.db\(suffix)") }
        let error = try #require(throws: ImageError.self) { try ImageStore.reopened(test) }
        #expect(error.message.contains("damaged") && error.message.contains("images.db"), "\(error)")
    }
}
