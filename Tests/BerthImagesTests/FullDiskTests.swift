import BerthOCI
import Glibc
import Testing

@testable import BerthImages

@Suite("A full disk", .enabled(if: isRoot, needsRoot))
struct FullDiskTests {
    private func check(megabytes: Int, inodes: Int, _ big: [UInt8], says: String) throws {
        let directory = try TemporaryDirectory()
        guard let disk = SmallFileSystem(megabytes: megabytes, inodes: inodes, at: "\(directory.path)/disk") else {
            print("SKIPPED: no file system may be mounted here")
            return
        }
        let store = try ImageStore(root: "\(disk.path)/store")
        func layout(_ image: TestImage, _ name: String) throws -> String {
            let path = "\(directory.path)/\(name)"
            try image.layout().write(to: path)
            return path
        }
        let small = TestImage(TarBuilder.tar { $0.file("small") })
        let kept = try store.importImage(from: try layout(small, "small"), name: "small")
        let error = try #require(throws: ImageError.self) {
            try store.importImage(from: try layout(TestImage(TarBuilder.tar { $0.file("x") }, big), "big"), name: "big")
        }
        #expect(error.code == .noSpace)
        #expect(error.message.contains("berth-test at \(disk.path)"), "\(error)")
        #expect(error.message.contains(says), "\(error)")
        #expect(try names("\(store.root)/staging") == [])
        #expect(store.images() == kept, "what was there stays")
        let after = try store.importImage(
            from: try layout(TestImage(TarBuilder.tar { $0.file("y") }), "after"), name: "after")
        #expect(after.count == 1, "and there is room again")
    }

    @Test("is named, with what to do, and nothing of the import is left")
    func bytes() throws {
        try check(
            megabytes: 8, inodes: 1000,
            TarBuilder.tar { tar in
                for index in 0..<20 { tar.add("big\(index)", data: .init(repeating: UInt8(index), count: 1 << 20)) }
            }, says: "MiB free")
    }

    @Test("without inodes is told from one without bytes")
    func inodes() throws {
        try check(
            megabytes: 64, inodes: 200, TarBuilder.tar { tar in for index in 0..<400 { tar.file("f\(index)") } },
            says: "inodes")
    }

    @Test("is named at whatever step it shows, and leaves a store that works")
    func everyStep() throws {
        let directory = try TemporaryDirectory()
        let image = TestImage(TarBuilder.tar { $0.file("a") }, TarBuilder.tar { $0.add("b", data: Array(0..<255)) })
        try image.layout().write(to: "\(directory.path)/image")
        var (failures, pages, isDone) = (0, 2, false)
        while !isDone, pages < 400 {
            // Pages of 4 KiB; the store grows from step to step, so each size fails at another one.
            // A path of its own for each: SQLite closes a database in its own time, and removes its log by name.
            let path = "\(directory.path)/disk\(pages)"
            guard let disk = SmallFileSystem(kilobytes: pages * 4, inodes: 1000, at: path) else {
                print("SKIPPED: no file system may be mounted here")
                return
            }
            do {
                let store = try ImageStore(root: "\(disk.path)/store")
                do {
                    _ = try store.importImage(from: "\(directory.path)/image", name: "x")
                    isDone = true
                } catch {
                    #expect(try names("\(store.root)/staging") == [], "\(pages) pages: \(error)")
                    try store.expectRowsAndFiles("\(pages) pages: \(error)")
                    throw error
                }
            } catch let error as ImageError {
                failures += 1
                #expect(error.code == .noSpace, "\(pages) pages: \(error)")
                #expect(error.message.contains("berth-test at \(disk.path)"), "\(pages) pages: \(error)")
                // With room it goes on from what is there.
                try Run.remount(disk.path, "size=8m")
                let store = try ImageStore(root: "\(disk.path)/store")
                #expect(store.images() == [] && store.findings == [])
                _ = try store.importImage(from: "\(directory.path)/image", name: "x")
            }
            pages += 3
        }
        #expect(isDone && failures > 5)
    }
}
