import BerthLinux
import Dispatch
import Glibc

/// Standard input as it comes, read by a thread of its own: making the descriptor non-blocking would do so for every process
/// that shares the terminal, the user's shell first.
struct StandardInput: Sendable {
    private let chunks: AsyncStream<[UInt8]>
    private let taken: Taken

    /// The thread reads on when what it read is taken, so that nothing piles up.
    private final class Taken: Sendable {
        // Raised by hand: Dispatch takes one that ends below its first value for a fault.
        let semaphore = DispatchSemaphore(value: 0)
    }

    init() throws(LinuxError) {
        let (chunks, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        self.chunks = chunks
        let taken = Taken()
        self.taken = taken
        taken.semaphore.signal()
        try startThread(name: "berth-stdin") {
            var buffer = [UInt8](repeating: 0, count: ExecClient.chunk)
            while true {
                taken.semaphore.wait()
                let count = read(STDIN_FILENO, &buffer, buffer.count)
                if count > 0 {
                    continuation.yield(Array(buffer[..<count]))
                } else if count == 0 || errno != EINTR {
                    // A terminal that is gone is an end like any other.
                    return continuation.finish()
                } else {
                    taken.semaphore.signal()
                }
            }
        }
    }

    /// Nil at the end of file.
    func next() async -> [UInt8]? {
        for await chunk in chunks {
            taken.semaphore.signal()
            return chunk
        }
        return nil
    }
}
