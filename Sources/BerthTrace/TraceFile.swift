import BerthLinux
import Glibc

/// A JSON array that grows and is whole after every write: each begins where the array's end was, and ends with a new one.
///
/// Whoever is killed between two writes leaves valid JSON. One that is killed within a write may leave the array without its end,
/// or with half an event there; of that the format says that readers take it ("Trace Event Format", JSON array format: the
/// closing bracket is optional, so that a trace of a crash can be read).
struct TraceFile: ~Copyable {
    private static let tail = Array("\n]\n".utf8)

    private let file: OwnedDescriptor
    private let path: String
    /// Where the array's last event ends.
    private var end: Int

    private init(_ file: consuming OwnedDescriptor, path: String) {
        self.file = file
        self.path = path
        end = 0
    }

    /// Makes the file, or empties it, and writes an array of `elements`. Nobody else may read it afterwards.
    ///
    /// - Throws: ELOOP for a symbolic link, EEXIST for what is no file of this user's alone: somebody else may have laid it there.
    static func make(path: String, elements: String) throws(LinuxError) -> TraceFile {
        // A pipe without a reader would keep it waiting.
        let opened = try OwnedDescriptor.open(
            path, flags: O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode: 0o600)
        var status = stat()
        try check("look at", path) { fstat(opened.number, &status) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(), status.st_nlink == 1 else {
            throw LinuxError("write a trace to", path, errno: .fileExists)
        }
        try check("set the mode of", path) { fchmod(opened.number, 0o600) }
        try check("empty", path) { ftruncate(opened.number, 0) }
        var file = TraceFile(opened, path: path)
        try file.append(Array("[\n\(elements)".utf8))
        return file
    }

    /// Appends elements, each with a comma before it.
    ///
    /// - Throws: for example ENOSPC; the file is then as it was before.
    mutating func append(_ elements: [UInt8]) throws(LinuxError) {
        let content = elements + Self.tail
        do throws(LinuxError) {
            try write(content, at: end)
            end += elements.count
        } catch {
            // These bytes have their place on the disk already, so that a full one does not refuse them.
            try? write(Self.tail, at: end)
            _ = ftruncate(file.number, end + Self.tail.count)
            throw error
        }
    }

    private func write(_ content: [UInt8], at start: Int) throws(LinuxError) {
        var written = 0
        while written < content.count {
            written += try check("write", path) {
                content.withUnsafeBytes {
                    pwrite(file.number, $0.baseAddress?.advanced(by: written), $0.count - written, start + written)
                }
            }
        }
    }
}
