import BerthLinux
import Glibc

/// Reads a blob that may still be on its way: at the end of what is there it asks the daemon for more, and waits.
final class ArrivingStream: ByteStream {
    /// Small enough to stay in a core's second cache together with what it is inflated to.
    private static let bufferSize = 128 << 10

    private let file: SharedDescriptor
    private let subject: String
    private let offset: Int64
    private let askForMore: (Int64) throws(ImageError) -> Growth
    private let buffer = StreamBuffer(count: bufferSize)
    private var growth: Growth
    private var position: Int64 = 0

    /// - Parameter askForMore: called with the bytes used so far; returns what is there then, which must be more or all.
    init(
        file: SharedDescriptor, offset: Int64, growth: Growth, subject: String,
        askForMore: @escaping (Int64) throws(ImageError) -> Growth
    ) {
        self.file = file
        self.offset = offset
        self.growth = growth
        self.subject = subject
        self.askForMore = askForMore
    }

    func next() throws(ImageError) -> UnsafeRawBufferPointer {
        while position >= growth.length && !growth.isComplete { growth = try askForMore(position) }
        let wanted = Int(min(Int64(buffer.bytes.count), growth.length - position))
        guard wanted > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let count = try storing { () throws(LinuxError) in
            try check("read", subject) {
                pread(file.number, buffer.bytes.baseAddress, wanted, off_t(offset + position))
            }
        }
        guard count > 0 else {
            throw ImageError(
                .sizeMismatch, "\(subject) became shorter while it was read; fetch or save the image again")
        }
        position += Int64(count)
        return UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])
    }
}
