import BerthLaunch
import BerthLinux
import Glibc
import SystemPackage

/// Reads the frames of a log file in order, a piece of the file at a time.
final class FrameReader {
    private let file: OwnedDescriptor
    private let path: String
    /// Where the next frame begins.
    private(set) var offset: Int64
    /// Bytes of the file from `offset` on.
    private var buffer: ArraySlice<UInt8> = []

    private static let piece = 256 << 10
    /// The shim reads pipes of 64 KiB and less; a longer frame is damage.
    static let longestFrame = 1 << 20

    /// - Parameter offset: where a frame begins.
    init(_ path: String, from offset: Int64 = 0) throws(LinuxError) {
        file = try OwnedDescriptor.open(path, flags: O_RDONLY | O_NOFOLLOW)
        self.path = path
        self.offset = offset
    }

    /// The next whole frame; nil at the end of what is there, and before a frame that is still being written or
    /// damaged.
    func next() throws(LinuxError) -> (frame: LogFrame, offset: Int64, content: ArraySlice<UInt8>)? {
        guard let frame = try header() else { return nil }
        let size = LogFrame.headerSize + frame.length
        guard try fill(size) else { return nil }
        let content = buffer.dropFirst(LogFrame.headerSize).prefix(frame.length)
        let place = offset
        buffer = buffer.dropFirst(size)
        offset += Int64(size)
        return (frame, place, content)
    }

    /// Passes over the next frame without reading its content.
    ///
    /// - Returns: false at the end of what is there.
    func skip() throws(LinuxError) -> Bool {
        var bytes = [UInt8](repeating: 0, count: LogFrame.headerSize)
        guard try read(&bytes, at: offset) == bytes.count, let frame = Self.frame(bytes[...]) else { return false }
        offset += Int64(LogFrame.headerSize + frame.length)
        buffer = []
        return true
    }

    private func header() throws(LinuxError) -> LogFrame? {
        guard try fill(LogFrame.headerSize) else { return nil }
        return Self.frame(buffer)
    }

    private static func frame(_ bytes: ArraySlice<UInt8>) -> LogFrame? {
        guard let frame = LogFrame(bytes), frame.length <= longestFrame else { return nil }
        return frame
    }

    /// Sees to it that `count` bytes are in the buffer.
    private func fill(_ count: Int) throws(LinuxError) -> Bool {
        if buffer.count >= count { return true }
        var bytes = [UInt8](repeating: 0, count: max(Self.piece, count))
        let length = try read(&bytes, at: offset)
        buffer = bytes[..<length]
        return length >= count
    }

    private func read(_ bytes: inout [UInt8], at offset: Int64) throws(LinuxError) -> Int {
        let number = file.number
        let result = bytes.withUnsafeMutableBytes { raw in
            Result { () throws(LinuxError) in
                try check("read", path) { pread(number, raw.baseAddress, raw.count, off_t(offset)) }
            }
        }
        return try result.get()
    }
}
