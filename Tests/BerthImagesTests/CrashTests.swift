import BerthLinux
import BerthOCI
import Foundation
import GRDB
import Testing

@testable import BerthImages

@Suite("A process killed while it works on a store", .enabled(if: isRoot, needsRoot))
struct CrashTests {
    /// Kills at this many points, spread over all. `BERTH_CRASH_ALL=1` kills at every one.
    private static let points = 40

    private static var programs: String {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    }

    private static func image(_ name: String) -> TestImage {
        TestImage(
            TarBuilder.tar { $0.file("shared", "shared") },
            TarBuilder.tar { tar in
                tar.file("dir/\(name)", name); tar.symlink("link", to: "dir/\(name)"); tar.file("more", "more")
            })
    }

    /// A directory with a store that has `kept` and `old`, and the layout of `new`.
    private func prepare() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let store = try ImageStore(root: "\(directory.path)/store")
        for name in ["kept", "old", "new"] { try Self.image(name).layout().write(to: "\(directory.path)/\(name)") }
        for name in ["kept", "old"] { _ = try store.importImage(from: "\(directory.path)/\(name)", name: name) }
        return directory
    }

    /// - Returns: how many calls it came to, and whether it was killed.
    private func run(
        in directory: TemporaryDirectory, killedAt point: Int, arguments: [String] = []
    ) throws -> (calls: Int, killed: Bool) {
        let command =
            [
                "\(Self.programs)/killer", "\(point)", "\(Self.programs)/store-victim", "\(directory.path)/store",
                "\(directory.path)/new",
            ] + arguments
        do {
            return (Int(try Run.output(command).split(separator: "\n").last ?? "") ?? 0, false)
        } catch let failure as Run.Failure where failure.status == 2 {
            return (Int(failure.output.split(separator: "\n").last ?? "") ?? 0, true)
        }
    }

    @Test("leaves nothing wrong, at whatever step it is killed, and the next one goes on")
    func everywhere() throws {
        try kill(arguments: []) { try check($0, $1) }
    }

    @Test("leaves nothing wrong in the middle of a pull, and the next one goes on")
    func pulling() throws {
        let registry = try PullTests.serve(Self.image("new"))
        try kill(arguments: ["pull", "127.0.0.1:\(registry.port)/new"]) { try check($0, $1) }
    }

    @Test("leaves nothing wrong in the middle of a push, and the client can push again")
    func pushing() throws {
        try kill(arguments: ["push"]) { try checkPush($0, $1) }
    }

    /// Lets the victim work, and kills it at one point after the other.
    private func kill(arguments: [String], _ check: (TemporaryDirectory, Comment) throws -> Void) throws {
        guard access("\(Self.programs)/killer", X_OK) == 0 else {
            print("SKIPPED: no program killer beside the tests: build the whole package")
            return
        }
        let (calls, killed) = try run(in: try prepare(), killedAt: 0, arguments: arguments)
        #expect(!killed)
        try #require(calls > Self.points)
        let all = ProcessInfo.processInfo.environment["BERTH_CRASH_ALL"] != nil
        for point in stride(from: 1, through: calls, by: all ? 1 : max(1, calls / Self.points)) {
            let directory = try prepare()
            _ = try run(in: directory, killedAt: point, arguments: arguments)
            let comment: Comment = "killed at call \(point) of \(calls)"
            do { try check(directory, comment) } catch { Issue.record("\(comment): \(error)") }
        }
    }

    private func checkPush(_ directory: TemporaryDirectory, _ point: Comment) throws {
        let path = "\(directory.path)/store"
        do {
            let store = try ImageStore(root: path)
            #expect(store.findings == [], point)
            try checkRows(store, point)
            let repositories = try Repositories(store: store, createsOnPush: true)
            // Who was told that a push ended has it.
            let name = RepositoryName(stored: "pushed/app")
            if let found = try? repositories.describe(.tag("1"), in: name) {
                #expect(try repositories.manifest(.digest(found.digest), in: name).bytes.count > 0, point)
            }
        }
        _ = try Run.output(["\(Self.programs)/store-victim", path, "\(directory.path)/new", "push"])
        let store = try ImageStore(root: path)
        let repositories = try Repositories(store: store, createsOnPush: true)
        let images = RepositoryImages(
            repositories: repositories, own: OwnRegistry(account: "0", region: "r", further: ["own.example.com"]))
        #expect(try images.unpacked("own.example.com/pushed/app:1")?.layers.count == 2, point)
        try store.collect(.unreferencedOnly)
        try checkRows(store, point)
        #expect(try names("\(store.root)/staging") == [], point)
        _ = try repositories.delete(RepositoryName(stored: "pushed/app"), force: true)
        // What a process held that was killed is let go of in time: here at once.
        try store.database.write { try $0.execute(sql: "UPDATE lease SET expires = 0") }
        _ = try store.prune(all: false)
        #expect(try names(store.layersRoot).count == 3, point)
        #expect(try names("\(store.root)/blobs/sha256").count == 7, point)
        #expect(try names("\(store.root)/partial") == [], point)
        try checkRows(store, point)
    }

    private func check(_ directory: TemporaryDirectory, _ point: Comment) throws {
        let store = try ImageStore(root: "\(directory.path)/store")
        #expect(store.findings == [], point)
        let found = store.images().map(\.name)
        #expect(found.contains("docker.io/library/kept:latest"), point)
        for image in store.images() { try checkWhole(image, store, point) }
        try checkRows(store, point)
        // What it was about to do can be done.
        let again = try store.importImage(from: "\(directory.path)/new", name: "new:1")
        try checkWhole(try #require(again.first), store, point)
        if found.contains("docker.io/library/old:latest") { _ = try store.remove("old") }
        try store.collect(.unreferencedOnly)
        #expect(try names("\(store.root)/trash") == [], point)
        #expect(try names("\(store.root)/staging") == [], point)
        #expect(try names(store.layersRoot).count == 3, point)
        #expect(try names("\(store.root)/blobs/sha256").count == 7, point)
        try checkRows(store, point)
    }

    private func checkWhole(_ image: StoredImage, _ store: ImageStore, _ point: Comment) throws {
        let name = try #require(["kept", "old", "new"].first { image.name.contains("/\($0):") }, point)
        #expect(image.layers.count == 2, point)
        #expect(try text("\(image.layers[0])/shared") == "shared", point)
        #expect(try text("\(image.layers[1])/link") == name, point)
        #expect(try names(image.layers[1]) == ["dir", "link", "more"], point)
        _ = try store.archive(image.name)
    }

    private func checkRows(_ store: ImageStore, _ point: Comment) throws {
        let (blobs, layers) = try store.database.read { database in
            (
                try String.fetchAll(database, sql: "SELECT digest FROM blob ORDER BY digest"),
                try String.fetchAll(database, sql: "SELECT digest FROM layer ORDER BY digest")
            )
        }
        #expect(try blobs == names("\(store.root)/blobs/sha256"), point)
        #expect(try layers == names(store.layersRoot), point)
        for blob in blobs {
            let bytes = try SmallFile.readBytes("\(store.root)/blobs/sha256/\(blob)")
            #expect(try Documents.digest(of: bytes).hex == blob, point)
        }
    }
}
