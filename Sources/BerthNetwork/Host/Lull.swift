/// When a network's thread does what no task waits for: it fills the pool, and takes away what ended tasks had.
///
/// A batch of that takes milliseconds of a processor that a task which starts or ends just then would want. So it waits for a
/// lull between tasks; where there is none, until it has to be done.
struct Lull {
    private var begins = ContinuousClock.now

    /// A task took or gave something back.
    mutating func end() { begins = .now + Self.pause }

    /// Milliseconds until it begins, if nothing happens before; nil when it has begun.
    var wait: Int32? { Self.milliseconds(until: begins) }

    /// Nil when it is past.
    static func milliseconds(until moment: ContinuousClock.Instant) -> Int32? {
        let rest = moment - .now
        return rest <= .zero ? nil : 1 + Int32(rest / .milliseconds(1))
    }

    /// Longer than a task takes from its network to its end that ends at once: of tasks that follow one another none is hit then,
    /// but for the few that find the pool nearly used up.
    private static let pause = Duration.milliseconds(25)
}
