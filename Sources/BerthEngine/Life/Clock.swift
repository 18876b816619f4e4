import BerthLaunch
import BerthLinux
import Glibc

extension Timestamp {
    /// This moment on both clocks.
    static func now() -> Timestamp {
        Timestamp(realtime: nanoseconds(CLOCK_REALTIME), boottime: nanoseconds(CLOCK_BOOTTIME))
    }

    /// This boot of the host, as the kernel names it.
    static let bootID = (try? SmallFile.read("/proc/sys/kernel/random/boot_id"))?.filter { $0 != "\n" } ?? ""

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
