import BerthLaunch
import BerthModel
import Synchronization

/// A sandbox in which everything is done but execve(2), for a task that nobody has asked for yet.
struct ParkedSandbox: Sendable {
    /// Has the id, the host ids, the network and the images of the task that will run in it. Nobody else knows it.
    let draft: LiveTask
    let network: TaskNetwork
    let launched: any LaunchedTask
    let since = ContinuousClock.now
}

/// The sandboxes that wait, the oldest first, and those on their way here or to their end.
///
/// What a sandbox is made of follows from a task's settings and its images: a task of equal settings can run in it as in one that
/// was made for it.
final class ParkedSandboxes: Sendable {
    private struct State {
        var waiting: [ParkedSandbox] = []
        /// The settings of those that are being made.
        var begun: [TaskSettings] = []
        /// How many are being ended.
        var ending = 0
        /// How many want that none waits.
        var closures = 0

        /// One of those that are being made is no more.
        mutating func end(_ settings: TaskSettings) {
            if let index = begun.firstIndex(of: settings) { begun.remove(at: index) }
        }

        mutating func leave(where leaves: (ParkedSandbox) -> Bool) -> [ParkedSandbox] {
            let leaving = waiting.filter(leaves)
            waiting.removeAll(where: leaves)
            ending += leaving.count
            return leaving
        }
    }
    private let most: Int
    private let state = Mutex(State())

    /// - Parameter most: of all kinds together.
    init(most: Int) { self.most = most }

    // MARK: The way here

    /// Asks for room for one more; whoever gets it answers with ``add(_:)`` or ``giveUp(_:)``.
    ///
    /// - Returns: nil when there are enough; otherwise those that have to go, which are of another kind.
    func begin(_ settings: TaskSettings) -> [ParkedSandbox]? {
        state.withLock { state in
            if state.closures > 0 { return nil }
            var leaving: [ParkedSandbox] = []
            if state.waiting.count + state.begun.count >= most {
                guard let other = state.waiting.first(where: { $0.draft.settings != settings }) else { return nil }
                leaving = state.leave { $0.draft.id == other.draft.id }
            }
            state.begun.append(settings)
            return leaving
        }
    }

    /// - Returns: false when none may wait now; it is to be ended then.
    func add(_ sandbox: ParkedSandbox) -> Bool {
        state.withLock { state in
            state.end(sandbox.draft.settings)
            if state.closures > 0 { state.ending += 1 } else { state.waiting.append(sandbox) }
            return state.closures == 0
        }
    }

    /// It could not be made.
    func giveUp(_ settings: TaskSettings) { state.withLock { $0.end(settings) } }

    // MARK: The way out

    /// One for a task of these settings, to be used or given to ``leave(_:)``.
    func take(_ settings: TaskSettings) -> ParkedSandbox? {
        state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.draft.settings == settings }) else { return nil }
            return state.waiting.remove(at: index)
        }
    }

    /// One that was taken is to be ended.
    func leave(_ taken: ParkedSandbox) { state.withLock { $0.ending += 1 } }

    /// Those that are to be ended, because they wait longer than this or have ended by themselves.
    func leave(olderThan age: Duration) -> [ParkedSandbox] {
        let limit = ContinuousClock.now - age
        return state.withLock { $0.leave { $0.since <= limit || !$0.launched.isWaiting } }
    }

    /// Of what was to be ended nothing is left.
    func ended() { state.withLock { $0.ending -= 1 } }

    /// None waits any more, and none is made, until ``open()``.
    ///
    /// - Returns: all that waited, to be ended.
    func close() -> [ParkedSandbox] {
        state.withLock { state in
            state.closures += 1
            return state.leave { _ in true }
        }
    }

    func open() { state.withLock { $0.closures -= 1 } }

    /// Whether there is any, be it on its way.
    var isEmpty: Bool { state.withLock { $0.waiting.isEmpty && $0.begun.isEmpty && $0.ending == 0 } }

    /// The ids of those that wait and have not ended by themselves.
    var ids: [String] { state.withLock { $0.waiting.filter(\.launched.isWaiting).map(\.draft.id) } }
}
