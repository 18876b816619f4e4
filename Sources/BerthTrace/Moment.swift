import Glibc

/// A point in time on the trace's clock: nanoseconds since boot.
///
/// It is CLOCK_BOOTTIME, which is CLOCK_MONOTONIC that counts on while the host sleeps (clock_gettime(2)): the shim's moments
/// are on it, so that what a shim tells and what the daemon sees lie on one line.
public struct Moment: Comparable, Hashable, Sendable {
    /// Since the host's boot.
    public var nanoseconds: UInt64

    /// - Parameter nanoseconds: since the host's boot.
    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// This moment; costs no system call (vdso(7)).
    public static func now() -> Moment {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Moment(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    public static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }
}
