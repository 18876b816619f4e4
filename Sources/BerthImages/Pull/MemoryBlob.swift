import BerthOCI
import NIOCore
import Synchronization

/// A small blob, such as a configuration, on its way into memory.
final class MemoryBlob: BlobSink {
    private let bytes = Mutex<[UInt8]>([])

    var length: Int64 { bytes.withLock { Int64($0.count) } }

    func append(_ pieces: [ByteBuffer]) async throws(ImageError) {
        bytes.withLock { bytes in
            for piece in pieces { bytes.append(contentsOf: piece.readableBytesView) }
        }
    }

    func flush() async throws(ImageError) {}

    /// All of it, if it is what the digest names.
    func verified(_ digest: Digest) throws(ImageError) -> [UInt8] {
        let all = bytes.withLock { $0 }
        let actual = try Documents.digest(of: all)
        guard actual == digest else {
            throw ImageError(.digestMismatch, "blob \(digest) is corrupt: its bytes hash to \(actual)")
        }
        return all
    }
}
