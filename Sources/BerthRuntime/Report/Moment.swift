import Glibc

/// A time of day on the host's clock.
struct Moment: Equatable {
    /// Since 1970.
    var seconds: Int
    var nanoseconds: Int

    static var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Moment(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// As RFC 3339 has it, in UTC: `2026-11-21T14:03:17.123456789Z`.
    func text(fraction: Bool) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        func digits(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let date = [
            digits(Int(parts.tm_year) + 1900, 4), digits(Int(parts.tm_mon) + 1, 2), digits(Int(parts.tm_mday), 2),
        ]
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { digits(Int($0), 2) }
        let rest = fraction ? "." + digits(nanoseconds, 9) : ""
        return date.joined(separator: "-") + "T" + clock.joined(separator: ":") + rest + "Z"
    }
}
