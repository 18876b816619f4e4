import BerthLinux
import Glibc

/// How long the write-ahead log is from the start.
enum LogLength {
    /// What the checkpointer lets the writer write between two of its copies, at most. SQLite keeps the length that a log
    /// once had, and writes over it from its start.
    static let atFirst = 16 << 20
    /// On a disk with less room a log grows as it must.
    private static let leastFree = 1 << 30

    /// Fills the log up with zeros, which are no frames (SQLite's "Database File Format", section 4.2: a frame has the salts and
    /// the checksum). A commit that makes a file longer has the file system commit its journal too: 0.44 ms on ext4, where one
    /// that writes over what is there takes 0.23.
    ///
    /// Nobody may write to the database meanwhile. Where it cannot be done commits are slower, and nothing else.
    static func fillUp(database: String) {
        let path = database + "-wal"
        guard let log = try? OwnedDescriptor.open(path, flags: O_WRONLY | O_APPEND) else { return }
        var room = statvfs()
        guard fstatvfs(log.number, &room) == 0, Int(room.f_bavail) * Int(room.f_frsize) >= leastFree else { return }
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        var length = Int(lseek(log.number, 0, SEEK_END))
        while length >= 0, length < atFirst {
            let written = write(log.number, zeros, min(zeros.count, atFirst - length))
            if written <= 0 { return }
            length += written
        }
        fdatasync(log.number)
    }
}
