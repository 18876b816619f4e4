import BerthLinux
import Glibc

/// The host's CPUs, for shares of them.
enum HostCPU {
    static let count = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// Nanoseconds that all of them have spent since the start, with what they were idle (proc_stat(5); guest time is part
    /// of user time).
    static func nanoseconds() -> UInt64 {
        guard let stat = try? SmallFile.read("/proc/stat") else { return 0 }
        let line = stat.prefix { $0 != "\n" }
        let ticks = line.split(separator: " ").dropFirst().prefix(8).reduce(UInt64(0)) { $0 + (UInt64($1) ?? 0) }
        return ticks * 1_000_000_000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }
}
