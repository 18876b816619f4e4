import BerthLinux
import Glibc

/// Files that only their owner may read.
enum PrivateFile {
    /// Writes a whole file with mode 0600: to a new file beside it, synced, then renamed over the old one.
    static func replace(_ path: String, with bytes: [UInt8]) throws(LinuxError) {
        let temporary = "\(path).new"
        // What a crash left; O_EXCL below must not find it, nor follow a link that somebody laid there.
        unlink(temporary)
        do {
            let file = try OwnedDescriptor.open(
                temporary, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
            try writeAll(bytes, to: file, path: temporary)
            try check("sync", temporary) { fsync(file.number) }
            try check("rename \(temporary) to", path) { rename(temporary, path) }
        } catch {
            unlink(temporary)
            throw error
        }
        let parent = directory(of: path)
        let opened = try OwnedDescriptor.open(parent, flags: O_RDONLY | O_DIRECTORY)
        try check("sync", parent) { fsync(opened.number) }
    }

    /// The directory that a path lies in.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func writeAll(
        _ bytes: [UInt8], to file: borrowing OwnedDescriptor, path: String
    ) throws(LinuxError) {
        var written = 0
        let number = file.number
        while written < bytes.count {
            written += try check("write", path) {
                bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress?.advanced(by: written), $0.count - written) }
            }
        }
    }
}
