import BerthUnpack
import Testing

@testable import BerthImages

/// Lends bytes in pieces of the same length.
private final class Pieces: ByteStream {
    private let bytes: [UInt8]
    private let length: Int
    private var position = 0
    private var piece: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8], length: Int) {
        self.bytes = bytes
        self.length = length
        piece = .allocate(byteCount: length, alignment: 1)
    }

    deinit { piece.deallocate() }

    func next() -> UnsafeRawBufferPointer {
        let part = bytes[position..<min(position + length, bytes.count)]
        position += part.count
        piece.copyBytes(from: part)
        return UnsafeRawBufferPointer(rebasing: piece[..<part.count])
    }
}

@Suite("What a blob inflates to")
struct InflatingTests {
    private func plain(_ bytes: [UInt8], pieces: Int) throws -> [UInt8] {
        let stream = try Compression.inflate(Pieces(bytes, length: pieces), subject: "test")
        var all: [UInt8] = []
        while true {
            let piece = try stream.next()
            if piece.isEmpty { return all }
            all += piece
        }
    }

    @Test("does not depend on how it comes", arguments: [4, 5, 17, 18, 19, 4096, 1 << 20])
    func pieces(length: Int) throws {
        let text = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        for compress in [Compressing.gzip, Compressing.zstd] {
            let blob = try compress(text) + compress([]) + compress([1, 2, 3])
            #expect(try plain(blob, pieces: length) == text + [1, 2, 3])
        }
    }

    /// An empty frame of one repeated byte, in a block that is larger than the frame's window: libzstd takes it when all of it
    /// lies before it, and refuses it when it comes in pieces.
    @Test("is refused or taken whether it comes whole or in pieces", arguments: [4, 5, 9, 10, 4096])
    func malformedFrame(length: Int) throws {
        let frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x30, 0x00, 0x03, 0x00, 0x00, 0x04]
        let error = #expect(throws: ImageError.self) { try plain(frame, pieces: length) }
        #expect(error?.code == .malformed)
    }
}
