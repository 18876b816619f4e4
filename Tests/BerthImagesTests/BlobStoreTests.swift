import BerthOCI
import GRDB
import Glibc
import Testing

@testable import BerthImages

@Suite("The blob store", .enabled(if: isRoot, needsRoot))
struct BlobStoreTests {
    static let bytes = Array("some bytes of a layer".utf8)

    private func append(_ bytes: some Collection<UInt8>, to writer: BlobWriter) throws {
        try Array(bytes).withUnsafeBytes { try writer.append($0) }
    }

    @Test("has a blob once all of it is verified")
    func download() throws {
        let test = try TestStore()
        let digest = try Documents.digest(of: Self.bytes)
        let writer = try test.store.blobs.begin(digest, size: Int64(Self.bytes.count))
        try append(Self.bytes, to: writer)
        #expect(writer.length == Int64(Self.bytes.count))
        #expect(try test.store.blobs.blob(digest) == nil)
        try writer.finish(digest, size: nil)
        #expect(try test.store.blobs.blob(digest)?.bytes(limit: 100) == Self.bytes)
        #expect(try test.store.blobs.size(digest) == Int64(Self.bytes.count))
        #expect(try names("\(test.store.root)/partial") == [])
    }

    @Test("goes on where an earlier download broke off, also after a restart")
    func resume() throws {
        let test = try TestStore()
        let digest = try Documents.digest(of: Self.bytes)
        do {
            let writer = try test.store.blobs.begin(digest, size: Int64(Self.bytes.count))
            try append(Self.bytes.prefix(7), to: writer)
            writer.abandon(keepingPartial: true)
        }
        let writer = try ImageStore.reopened(test).blobs.begin(digest, size: Int64(Self.bytes.count))
        #expect(writer.length == 7)
        try append(Self.bytes.dropFirst(7), to: writer)
        try writer.finish(digest, size: Int64(Self.bytes.count))
    }

    @Test("has one writer a blob")
    func oneWriter() throws {
        let test = try TestStore()
        let digest = try Documents.digest(of: Self.bytes)
        let first = try test.store.blobs.begin(digest, size: 21)
        let error = try #require(throws: ImageError.self) { _ = try test.store.blobs.begin(digest, size: 21) }
        #expect(error.code == .inUse)
        first.abandon(keepingPartial: false)
        #expect(try names("\(test.store.root)/partial") == [])
        _ = try test.store.blobs.begin(digest, size: 21)
        #expect(try test.store.blobs.begin(digest, size: 21).length == 0, "one that is let go of is none")
    }

    @Test("refuses bytes of another digest, and keeps none of them")
    func wrongDigest() throws {
        let test = try TestStore()
        let digest = try Documents.digest(of: Self.bytes)
        let writer = try test.store.blobs.begin(digest, size: 21)
        try append(Self.bytes.reversed(), to: writer)
        let error = try #require(throws: ImageError.self) { try writer.finish(digest, size: nil) }
        #expect(error.code == .digestMismatch)
        #expect(try names("\(test.store.root)/partial") == [])
        #expect(try names("\(test.store.root)/blobs/sha256") == [])
    }

    @Test("refuses more bytes than announced, and keeps fewer to go on with")
    func wrongSize() throws {
        let test = try TestStore()
        let digest = try Documents.digest(of: Self.bytes)
        let writer = try test.store.blobs.begin(digest, size: 21)
        try append(Self.bytes.prefix(20), to: writer)
        #expect(try #require(throws: ImageError.self) { try append([1, 2], to: writer) }.code == .sizeMismatch)
        #expect(try #require(throws: ImageError.self) { try writer.finish(digest, size: nil) }.code == .sizeMismatch)
        try append(Self.bytes.suffix(1), to: writer)
        try writer.finish(digest, size: nil)
    }

    @Test("takes uploads under an id, and finds them again")
    func upload() throws {
        let test = try TestStore()
        let digest = try Documents.digest(of: Self.bytes)
        let writer = try test.store.blobs.beginUpload("a-1")
        try append(Self.bytes.prefix(3), to: writer)
        #expect(throws: ImageError.self) { _ = try test.store.blobs.resumeUpload("a-1") }
        writer.abandon(keepingPartial: true)
        #expect(throws: ImageError.self) { _ = try test.store.blobs.beginUpload("a-1") }
        let resumed = try #require(try test.store.blobs.resumeUpload("a-1"))
        #expect(resumed.length == 3)
        try append(Self.bytes.dropFirst(3), to: resumed)
        try resumed.finish(digest, size: nil)
        #expect(try test.store.blobs.resumeUpload("a-1") == nil)
        #expect(try test.store.blobs.blob(digest) != nil)
        for id in ["", "../x", "a/b", "a.b", String(repeating: "a", count: 65)] {
            #expect(
                try #require(throws: ImageError.self) { _ = try test.store.blobs.beginUpload(id) }.code == .malformed)
        }
    }

    @Test("does not replace one that is on the disk by one that may be lost, and counts it as it is")
    func onDisk() throws {
        let test = try TestStore()
        let digest = try Documents.digest(of: Self.bytes)
        try test.store.blobs.put(Self.bytes, as: digest, synced: true)
        let path = "\(test.store.root)/blobs/sha256/\(digest.hex)"
        let before = try test.store.diskUse()
        let inode = status(path)?.st_ino
        #expect(inode != nil)
        let writer = try test.store.blobs.begin(digest, size: Int64(Self.bytes.count))
        try append(Self.bytes, to: writer)
        try writer.finish(digest, size: nil)
        #expect(status(path)?.st_ino == inode)
        #expect(try names("\(test.store.root)/partial") == [])
        let row = try test.store.database.read { database in
            try Row.fetchOne(database, sql: "SELECT synced, disk FROM blob").map { ($0[0] as Int, $0[1] as Int64?) }
        }
        #expect(row?.0 == 1)
        #expect(row?.1 == status(path).map { Int64($0.st_blocks) * 512 })
        #expect(try test.store.diskUse() == before)
        // One that is as safe may take its place, and is measured anew.
        try test.store.blobs.put(Self.bytes, as: digest, synced: true)
        #expect(try test.store.diskUse() == before)
    }

    @Test("keeps small documents at once")
    func documents() throws {
        let test = try TestStore()
        let digest = try Documents.digest(of: Self.bytes)
        for _ in 0..<2 { try test.store.blobs.put(Self.bytes, as: digest, synced: true) }
        #expect(try test.store.blobs.blob(digest)?.bytes(limit: 100) == Self.bytes)
    }
}

@Suite("Leases and holds", .enabled(if: isRoot, needsRoot))
struct LeaseTests {
    private func held(_ store: ImageStore) throws -> [String] {
        try store.database.read { try String.fetchAll($0, sql: "SELECT digest FROM lease_part ORDER BY digest") }
    }

    @Test("hold until their last owner releases them")
    func release() throws {
        let test = try TestStore()
        let digest = try Documents.digest(of: [1])
        let (first, second) = (try test.store.lease(owner: "pull x"), try test.store.lease(owner: "pull x"))
        try first.hold([digest])
        try first.release()
        try first.release()
        #expect(try held(test.store) == [digest.hex])
        try second.release()
        #expect(try held(test.store) == [])
    }

    @Test("outlive the process, so that a pull can go on")
    func restart() throws {
        let test = try TestStore()
        let digest = try Documents.digest(of: [1])
        try test.store.lease(owner: "pull x").hold([digest])
        let store = try ImageStore.reopened(test)
        #expect(try held(store) == [digest.hex])
        try store.lease(owner: "pull x").release()
        #expect(try held(store) == [])
    }

    @Test("of images tell who uses them")
    func holds() throws {
        let test = try TestStore()
        let image = try test.import(TestImage(TarBuilder.tar { $0.file("x") }))
        let hold = test.store.hold(image, user: "task 1")
        #expect(test.store.holds.users(of: image.digest) == ["task 1"])
        hold.release()
        hold.release()
        #expect(test.store.holds.users(of: image.digest) == [])
        _ = test.store.hold(image, user: "task 2")
        #expect(test.store.holds.users(of: image.digest) == [], "one that is let go of holds nothing")
    }
}
