import BerthImages
import BerthModel
import BerthStore

/// An image's archive on its way to a client.
public struct ImageDownload: AsyncSequence, Sendable {
    public typealias Element = [UInt8]

    private let archive: ImageArchive
    private let threads: WorkerThreads
    /// Bytes of all pieces together.
    public var size: Int64 { archive.size }

    init(_ archive: ImageArchive, threads: WorkerThreads) {
        self.archive = archive
        self.threads = threads
    }

    /// Reads the archive piece by piece on a thread of the engine's.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var archive: ImageArchive
        fileprivate let threads: WorkerThreads

        /// The next bytes; nil at the end.
        public mutating func next() async throws -> [UInt8]? {
            let before = archive
            let (bytes, after) = try await threads.run { () throws(ImageError) in
                var archive = before
                return (try archive.next(), archive)
            }
            archive = after
            return bytes.isEmpty ? nil : bytes
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(archive: archive, threads: threads) }
}
