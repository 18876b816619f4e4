import GRDB
import Glibc
import Testing

@testable import BerthImages

/// A small file system of its own, unmounted when the test lets go of it.
final class SmallFileSystem {
    let path: String

    convenience init?(megabytes: Int, inodes: Int, at path: String) {
        self.init(kilobytes: megabytes << 10, inodes: inodes, at: path)
    }

    /// In memory.
    init?(kilobytes: Int, inodes: Int, at path: String) {
        self.path = path
        mkdir(path, 0o700)
        guard mount("berth-test", path, "tmpfs", 0, "size=\(kilobytes)k,nr_inodes=\(inodes),mode=0700") == 0 else {
            return nil
        }
    }

    /// Ext4 in a file beside it, without a reserve for root; nil where none can be made or mounted.
    init?(ext4 megabytes: Int, at path: String) {
        self.path = path
        mkdir(path, 0o700)
        let image = "\(path).ext4"
        guard Run.has("mkfs.ext4"), let _ = try? Run.output(["truncate", "--size=\(megabytes)M", image]),
            let _ = try? Run.output(["mkfs.ext4", "-q", "-F", "-m", "0", "-N", "2000", image]),
            let _ = try? Run.output(["mount", "-o", "loop", image, path])
        else { return nil }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        unlink("\(path).ext4")
    }

    /// Leaves no room for another byte of a file.
    func fill() throws {
        let number = open("\(path)/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        try #require(number >= 0)
        defer { close(number) }
        let bytes = [UInt8](repeating: 1, count: 1 << 20)
        // The large pieces first; what the file system keeps for later is written to the disk, and then there is a little more.
        for size in [1 << 20, 4096, 512, 1, 4096, 512, 1] {
            while write(number, bytes, size) > 0 {}
            fsync(number)
        }
    }

    /// Makes room again; at once, though a child that is just being spawned may still have the file open.
    func empty() {
        truncate("\(path)/filler", 0)
        unlink("\(path)/filler")
    }
}

extension ImageStore {
    /// Every row has its file, and every file its row.
    func expectRowsAndFiles(_ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (blobs, layers) = try database.read { database in
            (
                try String.fetchAll(database, sql: "SELECT digest FROM blob ORDER BY digest"),
                try String.fetchAll(database, sql: "SELECT digest FROM layer ORDER BY digest")
            )
        }
        #expect(try names("\(root)/blobs/sha256") == blobs, comment, sourceLocation: sourceLocation)
        #expect(try names(layersRoot) == layers, comment, sourceLocation: sourceLocation)
    }
}
