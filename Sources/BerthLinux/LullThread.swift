import Glibc
import Synchronization

/// Does what no task waits for when no task is in a hurry, on a thread of its own that ends with this.
public final class LullThread<Item: Sendable>: Sendable {
    private let work: LullWork<Item>

    /// - Parameters:
    ///   - name: as ``startThread(name:_:)`` takes it.
    ///   - rest: milliseconds between one item and the next, unless there are too many.
    ///   - carryOut: is called with one item after the other, and says whether it is done: otherwise it is tried again when the
    ///     next one is postponed. What is left when this ends is nobody's any more.
    public init(
        name: String, _ postponed: Postponed<Item>, rest: Int32 = 0, _ carryOut: @escaping @Sendable (Item) -> Bool
    ) throws(LinuxError) {
        work = try LullWork(postponed, rest: rest, carryOut)
        try startThread(name: name) { [work] in work.run() }
    }

    deinit { work.end() }

    /// A task comes: what has not begun waits for the next lull.
    public func taskComes() { work.state.withLock { $0.postponed.taskComes() } }

    /// A task has gone, and left this to be done.
    public func postpone(_ item: Item) {
        if work.state.withLock({ $0.postponed.add(item) }) { work.doorbell.ring() }
    }

    /// Has something done as soon as the thread is free. Of several that it has not come to yet it does the last.
    public func soon(_ job: @escaping @Sendable () -> Void) {
        // What it replaces ends after the lock: it may be the last to hold something that needs it.
        let replaced = work.state.withLock { state in
            defer { state.urgent = job }
            return state.urgent
        }
        withExtendedLifetime(replaced) { work.doorbell.ring() }
    }
}

/// What the thread holds, and not its owner, so that the owner's end can end it.
private final class LullWork<Item: Sendable>: Sendable {
    struct State {
        var postponed: Postponed<Item>
        var urgent: (@Sendable () -> Void)?
        var isEnding = false
    }
    let state: Mutex<State>
    let doorbell: Doorbell
    private let rest: Int32
    private let carryOut: @Sendable (Item) -> Bool

    init(
        _ postponed: Postponed<Item>, rest: Int32, _ carryOut: @escaping @Sendable (Item) -> Bool
    ) throws(LinuxError) {
        state = Mutex(State(postponed: postponed))
        doorbell = try Doorbell()
        (self.rest, self.carryOut) = (rest, carryOut)
    }

    func end() {
        state.withLock { $0.isEnding = true }
        doorbell.ring()
    }

    private enum Step {
        case end
        case urgent(@Sendable () -> Void)
        case carryOut(Item, isPressing: Bool)
        case wait(Int32)
    }

    func run() {
        while true {
            switch nextStep() {
            case .end: return
            case .urgent(let job): job()
            case .wait(let milliseconds): wait(milliseconds)
            case .carryOut(let item, let isPressing):
                if !carryOut(item) { state.withLock { $0.postponed.putAside(item) } }
                if !isPressing, rest > 0 { wait(rest) }
            }
        }
    }

    /// One at a time, so that a task that comes meanwhile finds the others put off.
    private func nextStep() -> Step {
        state.withLock { state in
            if state.isEnding { return .end }
            if let job = state.urgent.take() { return .urgent(job) }
            if let (item, isPressing) = state.postponed.next() { return .carryOut(item, isPressing: isPressing) }
            return .wait(state.postponed.wait)
        }
    }

    /// Milliseconds, or until somebody rings.
    private func wait(_ milliseconds: Int32) {
        var bell = pollfd(fd: doorbell.number, events: Int16(POLLIN), revents: 0)
        if poll(&bell, 1, milliseconds) > 0 { doorbell.answer() }
    }
}
