import BerthLinux
import Glibc

/// What remains to be done to a layer's directories once all is in them: owner, permissions and time.
///
/// Only then, because making an entry changes its directory's time, a set-group-id directory hands its group down, and
/// a read-only one is none of a layer's business while it is unpacked. The records wait in a file, so that a layer of a
/// million directories costs no memory; the last record of a directory counts.
package final class DirectoryRecords {
    private let file: SharedDescriptor
    private var buffer: [UInt8] = []
    private let capacity = 64 << 10

    /// - Parameter file: empty, open for reading and writing.
    package init(file: consuming OwnedDescriptor) { self.file = SharedDescriptor(file) }

    private struct Header {
        var parentCount: UInt32
        var nameCount: UInt32
        var user: UInt32
        var group: UInt32
        var mode: UInt32
        var nanoseconds: Int32
        var seconds: Int64
    }

    func append(_ path: EntryPath, _ attributes: EntryAttributes) throws(ImageError) {
        let header = Header(
            parentCount: UInt32(path.parent.count), nameCount: UInt32(path.name.count), user: attributes.user,
            group: attributes.group, mode: UInt32(attributes.mode), nanoseconds: Int32(attributes.modified.tv_nsec),
            seconds: Int64(attributes.modified.tv_sec))
        withUnsafeBytes(of: header) { buffer.append(contentsOf: $0) }
        path.parent.withUnsafeBytes { buffer.append(contentsOf: $0) }
        path.name.withUnsafeBytes { buffer.append(contentsOf: $0) }
        if buffer.count >= capacity { try flush() }
    }

    private func flush() throws(ImageError) {
        var written = 0
        while written < buffer.count {
            written += try storing { () throws(LinuxError) in
                try check("write", "the list of a layer's directories") {
                    buffer.withUnsafeBytes {
                        write(file.number, $0.baseAddress?.advanced(by: written), $0.count - written)
                    }
                }
            }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Hands out every record in the order of their arrival: directory, name and attributes.
    func forEach(_ body: ([CChar], [CChar], EntryAttributes) throws(ImageError) -> Void) throws(ImageError) {
        try flush()
        let length = lseek(file.number, 0, SEEK_END)
        let reader = RecordReader(
            RegionStream(
                Region(file: file, offset: 0, length: Int64(length), name: "the list of a layer's directories"),
                cancellation: Cancellation(), bufferSize: capacity))
        while let head = try reader.take(MemoryLayout<Header>.size) {
            let header = head.withUnsafeBytes { $0.loadUnaligned(as: Header.self) }
            guard let parent = try reader.take(Int(header.parentCount)),
                let name = try reader.take(Int(header.nameCount))
            else {
                return
            }
            try body(
                parent.map { CChar(bitPattern: $0) }, name.map { CChar(bitPattern: $0) },
                EntryAttributes(
                    user: header.user, group: header.group, mode: mode_t(header.mode),
                    modified: timespec(tv_sec: Int(header.seconds), tv_nsec: Int(header.nanoseconds))))
        }
    }
}

/// Takes records of any length out of a stream's pieces.
private final class RecordReader {
    private let stream: RegionStream
    private var pending: ArraySlice<UInt8> = []

    init(_ stream: RegionStream) { self.stream = stream }

    /// The next `count` bytes; nil at the end.
    func take(_ count: Int) throws(ImageError) -> [UInt8]? {
        while pending.count < count {
            let piece = try stream.next()
            if piece.isEmpty { return nil }
            pending = ArraySlice(Array(pending) + piece)
        }
        defer { pending = pending.dropFirst(count) }
        return Array(pending.prefix(count))
    }
}
