/// Sizes that were found a moment ago: a walk through a task's files is not done again for every question.
actor KnownSizes {
    private struct Size {
        var bytes: UInt64
        var found: ContinuousClock.Instant
    }
    private var sizes: [String: Size] = [:]
    private static let freshness = Duration.seconds(30)
    private static let limit = 4096

    func of(_ id: String, find: @Sendable () async -> UInt64) async -> UInt64 {
        let now = ContinuousClock.now
        if let known = sizes[id], now - known.found < Self.freshness { return known.bytes }
        // Those who ask meanwhile are told what was known.
        sizes[id] = Size(bytes: sizes[id]?.bytes ?? 0, found: now)
        let bytes = await find()
        if sizes.count >= Self.limit { sizes = sizes.filter { now - $0.value.found < Self.freshness } }
        sizes[id] = Size(bytes: bytes, found: now)
        return bytes
    }
}
