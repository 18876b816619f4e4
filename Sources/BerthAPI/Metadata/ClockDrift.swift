import BerthLinux
import Foundation

/// How far the host's clock may be off, as the kernel knows it from whoever disciplines it.
struct ClockDrift: Encodable {
    /// Milliseconds.
    var clockErrorBound: Double
    var referenceTimestamp: Date
    var clockSynchronizationStatus: String

    /// Nil where the kernel does not tell.
    static func now() -> ClockDrift? {
        guard let clock = HostClock.read() else { return nil }
        return ClockDrift(
            clockErrorBound: Double(clock.largestError) / 1000,
            referenceTimestamp: Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down)),
            clockSynchronizationStatus: clock.isSynchronized ? "SYNCHRONIZED" : "NOT_SYNCHRONIZED")
    }
}
