/// When a thread does what no task waits for.
///
/// A batch of that takes milliseconds of a processor, and locks of the kernel, that a task which starts or ends just then would
/// want. So it waits for a lull between tasks; where there is none, until it has to be done.
public struct Lull: Sendable {
    private let pause: Duration
    private var begins = ContinuousClock.now

    /// It has begun already: no task has come yet.
    ///
    /// - Parameter pause: for how long no task may come or go before it begins.
    public init(after pause: Duration) { self.pause = pause }

    /// A task came or went.
    public mutating func end() { begins = .now + pause }

    /// Milliseconds until it begins, if nothing happens before; nil when it has begun.
    public var wait: Int32? { Self.milliseconds(until: begins) }

    /// Nil when it is past.
    public static func milliseconds(until moment: ContinuousClock.Instant) -> Int32? {
        let rest = moment - .now
        guard rest > .zero else { return nil }
        return Int32(min(rest / .milliseconds(1), 1_000_000_000)) + 1
    }
}
