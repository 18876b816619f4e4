import Synchronization

/// How often a task may ask: as Fargate, 40 times a second, and 60 at once (Amazon ECS developer guide, "Task metadata
/// endpoint throttling quotas").
final class RateLimit: Sendable {
    private struct Bucket {
        var tokens: Double
        var filled: ContinuousClock.Instant
    }
    private let buckets = Mutex<[String: Bucket]>([:])
    private let rate: Double
    private let burst: Double
    /// Tasks; a full bucket is as good as none, so those are dropped beyond it.
    private static let limit = 4096

    init(rate: Double = 40, burst: Double = 60) {
        self.rate = rate
        self.burst = burst
    }

    /// Whether one more request of a task is answered.
    func admits(_ task: String, at now: ContinuousClock.Instant = .now) -> Bool {
        buckets.withLock { buckets in
            if buckets.count >= Self.limit, buckets[task] == nil {
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
