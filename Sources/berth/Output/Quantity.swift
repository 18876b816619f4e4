import Foundation

/// Numbers as people read them.
enum Quantity {
    /// For example `512 B`, `3.1 MiB`.
    static func bytes(_ count: UInt64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(count)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\(fixed(value, 1)) \(units[unit])"
    }

    /// Microseconds as seconds, to the millisecond.
    static func seconds(microseconds: UInt64) -> String { "\(fixed(Double(microseconds) / 1_000_000, 3)) s" }

    /// CPU units as vCPU: 256 is `0.25`.
    static func vCPU(units: Int) -> String {
        let text = fixed(Double(units) / 1024, 4)
        var digits = text[...]
        while digits.last == "0" { digits.removeLast() }
        return digits.last == "." ? String(digits.dropLast()) : String(digits)
    }

    /// How long ago, in one unit: `12 s`, `5 min`, `3 h`, `2 d`.
    static func age(since date: Date, now: Date = Date()) -> String {
        let seconds = max(0, Int(now.timeIntervalSince(date)))
        switch seconds {
        case ..<120: return "\(seconds) s"
        case ..<7_200: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3_600) h"
        default: return "\(seconds / 86_400) d"
        }
    }

    /// With a fixed number of decimals, always with a point.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        String(format: "%.\(decimals)f", locale: Locale(identifier: "en_US_POSIX"), value)
    }
}
