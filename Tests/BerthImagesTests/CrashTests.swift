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
    private func run(in directory: TemporaryDirectory, killedAt point: Int) throws -> (calls: Int, killed: Bool) {
        let command = [
            "\(Self.programs)/killer", "\(point)", "\(Self.programs)/store-victim", "\(directory.path)/store",
            "\(directory.path)/new",
        ]
        do {
            return (Int(try Run.output(command).split(separator: "\n").last ?? "") ?? 0, false)
        } catch let failure as Run.Failure where failure.status == 2 {
            return (Int(failure.output.split(separator: "\n").last ?? "") ?? 0, true)
        }
    }

    @Test("leaves nothing wrong, at whatever step it is killed, and the next one goes on")
    func everywhere() throws {
        guard access("\(Self.programs)/killer", X_OK) == 0 else {
            print("SKIPPED: no program killer beside the tests: build the whole package")
            return
        }
        let (calls, killed) = try run(in: try prepare(), killedAt: 0)
        #expect(!killed)
        try #require(calls > Self.points)
        let all = ProcessInfo.processInfo.environment["BERTH_CRASH_ALL"] != nil
        for point in stride(from: 1, through: calls, by: all ? 1 : max(1, calls / Self.points)) {
            let directory = try prepare()
            _ = try run(in: directory, killedAt: point)
            try check(directory, "killed at call \(point) of \(calls)")
        }
    }

    private func check(_ directory: TemporaryDirectory, _ point: Comment) throws {
        do {
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
        } catch {
            Issue.record("\(point): \(error)")
        }
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
