import BerthLinux
import Glibc
import SystemPackage

/// Removes directories that a task filled: any names, any depth, no link followed, no path built.
enum TreeRemoval {
    /// Directories deeper than this are moved up before they are emptied, so that no task can make the daemon run out
    /// of stack or descriptors.
    private static let deepest = 32

    /// Removes what is in a directory, and leaves the directory.
    static func empty(_ path: String) throws(LinuxError) {
        let top = try OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        // What was moved up is seen in the next round.
        while try empty(top, path, top: top, depth: 0) {}
    }

    /// - Returns: whether something was moved to the top.
    private static func empty(
        _ directory: borrowing OwnedDescriptor, _ path: String, top: borrowing OwnedDescriptor, depth: Int
    ) throws(LinuxError) -> Bool {
        var movedUp = false
        for name in try names(in: directory, path) {
            if unlinkat(directory.number, name, 0) == 0 || errno == ENOENT { continue }
            if errno != EISDIR && errno != EPERM { throw LinuxError("remove from", path, errno: .current) }
            if depth == deepest {
                let moved = "moved-\(UInt64.random(in: .min ... .max))"
                try check("move up from", path) { renameat(directory.number, name, top.number, moved) }
                movedUp = true
                continue
            }
            do {
                let child = OwnedDescriptor(
                    owning: try check("open in", path) {
                        openat(directory.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                    })
                if try empty(child, path, top: top, depth: depth + 1) { movedUp = true }
            }
            try check("remove from", path) { unlinkat(directory.number, name, AT_REMOVEDIR) }
        }
        return movedUp
    }

    /// The names as the file system has them: bytes, not always UTF-8.
    private static func names(in directory: borrowing OwnedDescriptor, _ path: String) throws(LinuxError) -> [[CChar]] {
        let copy = try check("read", path) { fcntl(directory.number, F_DUPFD_CLOEXEC, 0) }
        guard let stream = fdopendir(copy) else {
            let error = LinuxError("read", path, errno: .current)
            _ = close(copy)
            throw error
        }
        defer { closedir(stream) }
        rewinddir(stream)
        var names: [[CChar]] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1)) }
            }
            if name != [46, 0] && name != [46, 46, 0] { names.append(name) }
        }
        return names
    }
}
