import Glibc
import Synchronization

/// Wakes a thread that waits in poll(2), from any thread and as often as one likes.
public final class Doorbell: Sendable {
    private let pipe: Pipe
    private let isRung = Atomic(false)

    public init() throws(LinuxError) { pipe = try Pipe() }

    /// To poll for POLLIN; readable from ``ring()`` to ``answer()``.
    public var number: Int32 { pipe.read.number }

    /// Makes it readable until ``answer()``; blocks never, and rings in between count as one.
    public func ring() {
        // One byte at most waits, or two for a moment: this never blocks.
        if isRung.exchange(true, ordering: .sequentiallyConsistent) { return }
        var byte: UInt8 = 1
        _ = write(pipe.write.number, &byte, 1)
    }

    /// To be called when it is readable, before looking for what it was rung for.
    public func answer() {
        // Before the read: a ring in between leaves a byte and wakes once more than needed, and none is lost.
        isRung.store(false, ordering: .sequentiallyConsistent)
        var byte: UInt8 = 0
        _ = read(pipe.read.number, &byte, 1)
    }
}
