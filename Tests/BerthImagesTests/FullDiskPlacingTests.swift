import BerthOCI
import BerthUnpack
import Glibc
import Testing

@testable import BerthImages

/// The database's log grows with every transaction, so on a disk without room for a byte a transaction fails at its
/// commit, when the file is already renamed into its place.
@Suite("A disk that is full when a row is committed", .enabled(if: isRoot, needsRoot), .timeLimit(.minutes(10)))
struct FullDiskPlacingTests {
    enum Kind: CaseIterable { case memory, ext4 }

    private func disk(_ kind: Kind, in directory: TemporaryDirectory) -> SmallFileSystem? {
        let path = "\(directory.path)/disk"
        let disk =
            switch kind {
            case .memory: SmallFileSystem(megabytes: 4, inodes: 1000, at: path)
            case .ext4: SmallFileSystem(ext4: 8, at: path)
            }
        if disk == nil { print("SKIPPED: no file system of the kind \(kind) may be mounted here") }
        return disk
    }

    @Test("takes a blob back to where it was, and it can be finished later", arguments: Kind.allCases, [false, true])
    func blob(_ kind: Kind, isUpload: Bool) throws {
        let directory = try TemporaryDirectory()
        guard let disk = disk(kind, in: directory) else { return }
        let store = try ImageStore(root: "\(disk.path)/store")
        let bytes = Array("the bytes of a layer".utf8)
        let digest = try Documents.digest(of: bytes)
        let writer = try isUpload ? store.blobs.beginUpload("u") : store.blobs.begin(digest, size: Int64(bytes.count))
        try bytes.withUnsafeBytes { try writer.append($0) }
        try disk.fill()
        let error = try #require(throws: ImageError.self) { try writer.finish(digest, size: nil) }
        #expect(error.code == .noSpace, "\(error)")
        try store.expectRowsAndFiles()
        #expect(try names("\(store.root)/blobs/sha256") == [])
        #expect(try names("\(store.root)/partial") == [isUpload ? "upload-u" : digest.hex])
        disk.empty()
        try writer.finish(digest, size: nil)
        #expect(try store.blobs.blob(digest)?.bytes(limit: 100) == bytes)
        try store.expectRowsAndFiles()
    }

    @Test("leaves no document behind", arguments: Kind.allCases)
    func document(_ kind: Kind) throws {
        let directory = try TemporaryDirectory()
        guard let disk = disk(kind, in: directory) else { return }
        let store = try ImageStore(root: "\(disk.path)/store")
        try disk.fill()
        // As small as a file can be: it needs no room of its own.
        let digest = try Documents.digest(of: [])
        let error = try #require(throws: ImageError.self) { try store.blobs.put([], as: digest) }
        #expect(error.code == .noSpace, "\(error)")
        try store.expectRowsAndFiles()
        #expect(try names("\(store.root)/staging") == [])
    }

    @Test("leaves no layer behind", arguments: Kind.allCases)
    func layer(_ kind: Kind) throws {
        let directory = try TemporaryDirectory()
        guard let disk = disk(kind, in: directory) else { return }
        let store = try ImageStore(root: "\(disk.path)/store")
        let diffID = try Documents.digest(of: [1])
        do {
            let workspace = try Workspace(staging: store.directories.staging)
            defer { workspace.remove() }
            let root = try workspace.subdirectory("root")
            try store.layers.finish(root.number, size: 0)
            try disk.fill()
            let error = try #require(throws: ImageError.self) {
                try store.layers.place("root", as: diffID, size: 0, from: workspace)
            }
            #expect(error.code == .noSpace, "\(error)")
            try store.expectRowsAndFiles()
            disk.empty()
            try store.layers.place("root", as: diffID, size: 0, from: workspace)
        }
        try store.expectRowsAndFiles()
        #expect(try store.layers.layer(diffID) != nil)
    }

    @Test("leaves nothing of a push", arguments: Kind.allCases)
    func push(_ kind: Kind) throws {
        let directory = try TemporaryDirectory()
        guard let disk = disk(kind, in: directory) else { return }
        let store = try ImageStore(root: "\(disk.path)/store")
        let repositories = try Repositories(store: store)
        let name = RepositoryName(stored: "team/app")
        _ = try repositories.create(name)
        let bytes = Array("{}".utf8)
        let digest = try Documents.digest(of: bytes)
        let upload = try repositories.beginUpload(in: name)
        try bytes.withUnsafeBytes { try upload.append($0) }
        try disk.fill()
        #expect(throws: RepositoryError.self) { try upload.finish(digest) }
        try store.expectRowsAndFiles()
        #expect(try names("\(store.root)/partial") == [])
        disk.empty()
        let again = try repositories.beginUpload(in: name)
        try bytes.withUnsafeBytes { try again.append($0) }
        try again.finish(digest)
        #expect(try repositories.blob(digest, in: name).length == 2)
    }

    @Test(
        "is named at whatever step of a pull it shows, and the pull goes on once there is room",
        .enabled(if: TestRegistry.isPresent, TestRegistry.needed))
    func pull() async throws {
        let directory = try TemporaryDirectory()
        let registry = try TestRegistry()
        let image = TestImage(TarBuilder.tar { $0.file("a") }, TarBuilder.tar { $0.add("b", data: noise(20_000)) })
        try registry.push(image, as: "test:1")
        var (failures, pages, isDone) = (0, 20, false)
        while !isDone, pages < 400 {
            let path = "\(directory.path)/disk\(pages)"
            guard let disk = SmallFileSystem(kilobytes: pages * 4, inodes: 1000, at: path) else {
                print("SKIPPED: no file system may be mounted here")
                return
            }
            do {
                let fixture = try PullFixture(after: "\(disk.path)/store") { $0.insecure = [registry.host] }
                do {
                    _ = try await fixture.pull("\(registry.host)/test:1")
                    isDone = true
                } catch {
                    // A layer whose fellow failed may still be at it.
                    while try names("\(fixture.root)/staging") != [] { try await Task.sleep(for: .milliseconds(10)) }
                    try fixture.store.expectRowsAndFiles("\(pages) pages: \(error)")
                    try Run.remount(disk.path, "size=8m")
                    _ = try await fixture.pull("\(registry.host)/test:1")
                    try fixture.store.expectRowsAndFiles("\(pages) pages: \(error)")
                    throw error
                }
            } catch let error as ImageError {
                failures += 1
                #expect(error.code == .noSpace, "\(pages) pages: \(error)")
            }
            pages += 3
        }
        #expect(isDone && failures > 5)
    }
}
