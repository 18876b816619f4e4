import CLinux
import Glibc

/// How far the host's clock may be off, as whoever disciplines it has told the kernel (adjtimex(2)).
public struct HostClock: Equatable, Sendable {
    /// Microseconds.
    public var largestError: Int
    /// Not STA_UNSYNC: somebody disciplines it.
    public var isSynchronized: Bool

    /// Nil where the kernel does not tell.
    public static func read() -> HostClock? {
        var state = timex()
        guard adjtimex(&state) >= 0 else { return nil }
        return HostClock(largestError: state.maxerror, isSynchronized: state.status & STA_UNSYNC == 0)
    }
}
