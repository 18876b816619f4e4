/// What can wait for a lull between tasks, the oldest in front.
public struct Postponed<Item: Sendable>: Sendable {
    private var items: [(item: Item, since: ContinuousClock.Instant)]
    /// What could not be done.
    private var failed: [Item] = []
    private var lull: Lull
    private let most: Int
    private let patience: Duration

    /// - Parameters:
    ///   - items: those that wait already.
    ///   - pause: how long no task may come or go before the lull begins.
    ///   - most: beyond so many none waits for a lull, however busy the host is: each holds something of the host's.
    ///   - patience: beyond so long none waits for one either.
    public init(_ items: [Item] = [], pause: Duration, most: Int = 256, patience: Duration) {
        self.items = items.map { ($0, .now) }
        lull = Lull(after: pause)
        (self.most, self.patience) = (most, patience)
    }

    /// A task comes, to which no lull is left.
    public mutating func taskComes() { lull.end() }

    /// A task has gone, and left this. What could not be done before is tried again with it.
    ///
    /// - Returns: whether whoever does it has to look: it waits without end for a first one, and must not wait for a lull when
    ///   they are too many.
    public mutating func add(_ item: Item) -> Bool {
        lull.end()
        let wasEmpty = items.isEmpty
        for item in failed + [item] { items.append((item, .now)) }
        failed = []
        return wasEmpty || items.count > most
    }

    /// What was taken out could not be done.
    public mutating func putAside(_ item: Item) { failed.append(item) }

    /// Takes one out that is to be done now; nil when all can wait.
    ///
    /// - Returns: also whether there are too many.
    public mutating func next() -> (item: Item, isPressing: Bool)? {
        guard let first = items.first else { return nil }
        let isPressing = items.count > most
        guard isPressing || lull.wait == nil || first.since + patience <= .now else { return nil }
        items.removeFirst()
        return (first.item, isPressing)
    }

    /// Milliseconds until it is worth asking again; -1 for never.
    public var wait: Int32 {
        guard let first = items.first else { return -1 }
        return min(lull.wait ?? 0, Lull.milliseconds(until: first.since + patience) ?? 0)
    }
}
