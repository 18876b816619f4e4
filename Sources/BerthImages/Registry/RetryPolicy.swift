/// How a request that failed for now is made again.
///
/// A pause doubles with every try and is drawn between its half and its whole, so that many who were cut off together
/// do not come back together. What the registry asks for in `Retry-After` (RFC 9110, 10.2.3) is never undercut.
public struct RetryPolicy: Sendable {
    /// Tries of one request, or of one stretch of a blob that brings no progress.
    public var attempts = 6
    /// The first pause.
    public var firstPause = Duration.milliseconds(500)
    /// The longest pause of our own choice.
    public var longestPause = Duration.seconds(20)
    /// The longest that a registry may ask for; beyond it the pull fails and says so.
    public var longestRetryAfter = Duration.seconds(120)
    /// A blob that brings less than ``slowestBytes`` in this time stands still: its connection has failed.
    public var slowestSpan = Duration.seconds(60)
    /// In ``slowestSpan``.
    public var slowestBytes = 16 << 10
    /// Waits; tests put a clock of their own here.
    public var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    public init() {}

    /// The pause before try `attempt` (the first repetition is 2); nil to give up.
    func pause(before attempt: Int, after fault: RegistryFault) -> Duration? {
        guard fault.isTransient, attempt <= min(attempts, fault.attempts ?? attempts) else { return nil }
        let doubled = firstPause * (1 << min(attempt - 2, 16))
        let own = min(doubled, longestPause) * Double.random(in: 0.5...1)
        guard let asked = fault.retryAfter else { return own }
        return asked > longestRetryAfter ? nil : max(own, asked)
    }
}
