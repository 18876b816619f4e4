import Glibc
import SystemPackage

/// The names in a directory, read piece by piece: however many there are, no more than one piece of the kernel's is held.
///
/// Entries may be removed while it is read. One that is made meanwhile may be among them or not (readdir(3)).
public struct DirectoryStream: ~Copyable {
    private let stream: OpaquePointer
    private let subject: String

    /// Reads an open directory from its beginning.
    ///
    /// - Parameter subject: what errors call it.
    public init(owning directory: consuming OwnedDescriptor, subject: String) throws(LinuxError) {
        // As long as the stream lives the descriptor is its own.
        guard let stream = fdopendir(directory.number) else { throw LinuxError("list", subject, errno: .current) }
        _ = directory.release()
        self.stream = stream
        self.subject = subject
    }

    /// Reads a directory without moving an offset of its descriptor.
    public init(_ directory: borrowing OwnedDescriptor, subject: String) throws(LinuxError) {
        try self.init(owning: .open(".", at: directory, flags: O_RDONLY | O_DIRECTORY), subject: subject)
    }

    deinit { closedir(stream) }

    /// The directory's descriptor; valid as long as this value lives.
    public var number: Int32 { dirfd(stream) }

    /// What a directory says of one of its entries.
    public struct Entry: Equatable, Sendable {
        /// NUL-terminated, as the bytes it is.
        public var name: [CChar]
        /// False also where the file system does not tell.
        public var isDirectory: Bool
    }

    /// The next entry but `.` and `..`; nil at the end.
    public mutating func nextEntry() throws(LinuxError) -> Entry? {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw LinuxError("list", subject, errno: .current) }
                return nil
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) {
                    Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
                }
            }
            if name != dot && name != dotDot {
                return Entry(name: name, isDirectory: Int(entry.pointee.d_type) == DT_DIR)
            }
        }
    }

    /// The next name but `.` and `..`, NUL-terminated, as the bytes it is; nil at the end.
    public mutating func next() throws(LinuxError) -> [CChar]? { try nextEntry()?.name }
}

extension OwnedDescriptor {
    /// All names in this directory but `.` and `..`, NUL-terminated, as the bytes they are; for directories that are
    /// known to be small.
    public func entryNames(_ subject: String) throws(LinuxError) -> [[CChar]] {
        var stream = try DirectoryStream(self, subject: subject)
        var names: [[CChar]] = []
        while let name = try stream.next() { names.append(name) }
        return names
    }
}

private let dot: [CChar] = [0x2e, 0]
private let dotDot: [CChar] = [0x2e, 0x2e, 0]
