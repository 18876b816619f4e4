import BerthLinux
import BerthUnpack
import Glibc
import Testing

@testable import BerthImages

/// Links of a layer to its own bottom can make a tree deeper than the limit of one entry's path.
@Suite("A tree that is deeper than descriptors should be spent on", .enabled(if: isRoot, needsRoot))
struct DepthTests {
    /// Makes directories that lie in each other, with a file of 4 KiB at one depth.
    private func chain(_ depth: Int, file: Int, in directory: TemporaryDirectory, _ name: String) throws
        -> SharedDescriptor
    {
        directory.makeDirectory(name)
        let top = try OwnedDescriptor.open("\(directory.path)/\(name)", flags: O_RDONLY | O_DIRECTORY)
        var here = try OwnedDescriptor.open(".", at: top, flags: O_RDONLY | O_DIRECTORY)
        for level in 1...depth {
            mkdirat(here.number, "d", 0o755)
            here = try OwnedDescriptor.open("d", at: here, flags: O_RDONLY | O_DIRECTORY)
            if level == file {
                let file = try OwnedDescriptor.open("file", at: here, flags: O_WRONLY | O_CREAT, mode: 0o644)
                try file.writeAll([UInt8](repeating: 1, count: 4096), subject: "file")
            }
        }
        return SharedDescriptor(top)
    }

    @Test("is measured down to 512 directories")
    func measuring() throws {
        let directory = try TemporaryDirectory()
        let without = try DiskMeter.tree(try chain(600, file: 0, in: directory, "without"))
        #expect(try DiskMeter.tree(try chain(600, file: 500, in: directory, "above")) == without + 4096)
        #expect(try DiskMeter.tree(try chain(600, file: 600, in: directory, "below")) == without)
    }

    @Test("is not flattened, and says so")
    func flattening() throws {
        let directory = try TemporaryDirectory()
        for (depth, isRefused) in [(500, false), (600, true)] {
            let source = try chain(depth, file: depth, in: directory, "source\(depth)")
            directory.makeDirectory("target\(depth)")
            let merge = LayerMerge(
                target: try .open("\(directory.path)/target\(depth)", flags: O_RDONLY | O_DIRECTORY))
            var error: LinuxError?
            do throws(LinuxError) {
                try merge.apply(try .open(".", at: source.descriptor, flags: O_RDONLY | O_DIRECTORY))
            } catch let failure {
                error = failure
            }
            #expect(error?.errno == (isRefused ? .fileNameTooLong : nil))
        }
    }
}
