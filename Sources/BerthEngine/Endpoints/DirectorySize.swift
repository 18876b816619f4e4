import BerthLinux
import Glibc

/// Measures how much the files below a directory take on the disk. A task's programs change the tree meanwhile.
struct DirectorySize {
    private var bytes: UInt64 = 0
    private var entries = 0

    /// What is deeper, or comes later, is not counted: a task must not keep a thread busy with its files.
    private static let mostEntries = 200_000
    private static let mostLevels = 100

    /// Bytes; 0 for a directory that is not there. Links are not followed.
    static func bytes(below path: String) -> UInt64 {
        var size = DirectorySize()
        guard let directory = try? OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else {
            return 0
        }
        size.add(directory, level: 0)
        return size.bytes
    }

    private mutating func add(_ directory: borrowing OwnedDescriptor, level: Int) {
        // One at a time: a directory may have more names than the daemon has memory for.
        guard var stream = try? DirectoryStream(directory, subject: "a task's files") else { return }
        while entries < Self.mostEntries, let name = try? stream.next() {
            entries += 1
            var status = stat()
            // A file that has gone takes nothing.
            guard fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            // In units of 512 bytes, whatever the file system's are (stat(3type)).
            bytes += UInt64(max(0, status.st_blocks)) * 512
            guard status.st_mode & S_IFMT == S_IFDIR, level < Self.mostLevels else { continue }
            let number = openat(directory.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if number >= 0 { add(OwnedDescriptor(owning: number), level: level + 1) }
        }
    }
}
