import Synchronization

/// How often each task may ask.
public final class RateLimit<Asker: Hashable & Sendable>: Sendable {
    private struct Bucket {
        var tokens: Double
        var filled: ContinuousClock.Instant
    }
    private let buckets = Mutex<[Asker: Bucket]>([:])
    private let rate: Double
    private let burst: Double
    /// Tasks; a full bucket is as good as none, so those are dropped beyond it.
    private let limit = 4096

    /// - Parameters:
    ///   - rate: requests a second.
    ///   - burst: requests at once.
    public init(rate: Double, burst: Double) {
        self.rate = rate
        self.burst = burst
    }

    /// Whether one more request of a task is answered.
    public func admits(_ task: Asker, at now: ContinuousClock.Instant = .now) -> Bool {
        buckets.withLock { buckets in
            if buckets.count >= limit, buckets[task] == nil {
                buckets = buckets.filter { level($0.value, now) < burst }
            }
            var tokens = buckets[task].map { level($0, now) } ?? burst
            defer { buckets[task] = Bucket(tokens: tokens, filled: now) }
            guard tokens >= 1 else { return false }
            tokens -= 1
            return true
        }
    }

    private func level(_ bucket: Bucket, _ now: ContinuousClock.Instant) -> Double {
        let seconds = (now - bucket.filled) / .seconds(1)
        return min(burst, bucket.tokens + seconds * rate)
    }
}
