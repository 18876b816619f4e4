import BerthLinux
import Glibc

/// A stretch of an open file that holds one blob: a whole file of a layout, or one file of an archive.
package struct Region: Sendable {
    package let file: SharedDescriptor
    /// Bytes from the file's start.
    package let offset: Int64
    /// Bytes.
    package let length: Int64
    /// What a user calls it, for messages.
    package let name: String

    package init(file: SharedDescriptor, offset: Int64, length: Int64, name: String) {
        self.file = file
        self.offset = offset
        self.length = length
        self.name = name
    }

    /// The whole of it, if it is at most `limit` bytes.
    package func bytes(limit: Int) throws(ImageError) -> [UInt8] {
        guard length <= limit else {
            throw ImageError(.limitExceeded, "\(name) has \(length) bytes; such a document may have \(limit)")
        }
        let stream = RegionStream(self, cancellation: Cancellation(), bufferSize: 64 << 10)
        var all: [UInt8] = []
        all.reserveCapacity(Int(length))
        while true {
            let piece = try stream.next()
            if piece.isEmpty { return all }
            all.append(contentsOf: piece)
        }
    }
}

/// Reads a region from its start to its end.
package final class RegionStream: ByteStream {
    private let region: Region
    private let cancellation: Cancellation
    private let buffer: StreamBuffer
    /// Bytes of the region that are read or skipped.
    package private(set) var position: Int64 = 0

    package init(_ region: Region, cancellation: Cancellation, bufferSize: Int = 512 << 10) {
        self.region = region
        self.cancellation = cancellation
        buffer = StreamBuffer(count: bufferSize)
    }

    /// - Throws: ``ImageError/Code/cancelled``, and what reading the file gives.
    package func next() throws(ImageError) -> UnsafeRawBufferPointer {
        try cancellation.check()
        let wanted = Int(min(Int64(buffer.bytes.count), region.length - position))
        guard wanted > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let count = try storing { () throws(LinuxError) in
            try check("read", region.name) {
                pread(region.file.descriptor.number, buffer.bytes.baseAddress, wanted, off_t(region.offset + position))
            }
        }
        guard count > 0 else {
            throw ImageError(.sizeMismatch, "\(region.name) became shorter while it was read; import it again")
        }
        position += Int64(count)
        return UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])
    }

    /// Passes over bytes without reading them; returns how many there were.
    package func skip(_ count: Int64) -> Int64 {
        let skipped = max(0, min(count, region.length - position))
        position += skipped
        return skipped
    }
}
