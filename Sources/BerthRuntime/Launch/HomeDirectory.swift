import BerthLinux
import Glibc

/// `HOME` of a user of the container, as its own `/etc/passwd` has it.
enum HomeDirectory {
    /// `/` when the file does not say. The image may have put anything in its place: it is looked up inside the root, and
    /// only a plain file of a sensible size is read.
    static func of(_ uid: UInt32, root: String) -> String {
        guard let text = try? passwd(root) else { return "/" }
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count >= 6, UInt32(fields[2]) == uid, fields[5].hasPrefix("/") { return String(fields[5]) }
        }
        return "/"
    }

    private static func passwd(_ root: String) throws(LinuxError) -> String? {
        let directory = try OwnedDescriptor.open(root, flags: openPathOnly | O_DIRECTORY)
        let file = try OwnedDescriptor.open(
            "etc/passwd", at: directory, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY,
            resolve: Resolve.inRoot | Resolve.noMagicLinks)
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return try SmallFile.read("/proc/self/fd/\(file.number)")
    }
}
