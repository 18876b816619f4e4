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

/// The sandboxes that wait, the oldest first, and those that are being made.
///
/// What a sandbox is made of follows from a task's settings and its images: a task of equal settings can run in it as in one that
/// was made for it.
final class ParkedSandboxes: Sendable {
    private struct State {
        var waiting: [ParkedSandbox] = []
        /// The settings of those that are being made.
        var begun: [TaskSettings] = []
        var isClosed = false

        mutating func end(_ settings: TaskSettings) {
            if let index = begun.firstIndex(of: settings) { begun.remove(at: index) }
        }
    }
    private let most: Int
    private let state = Mutex(State())

    /// - Parameter most: of all kinds together.
    init(most: Int) { self.most = most }

    /// Asks for room for one more; whoever gets it answers with ``add(_:)`` or ``giveUp(_:)``.
    ///
    /// - Returns: nil when there are enough; otherwise those that have to go, which are of another kind.
    func begin(_ settings: TaskSettings) -> [ParkedSandbox]? {
        state.withLock { state in
            if state.isClosed { return nil }
            var leaving: [ParkedSandbox] = []
            if state.waiting.count + state.begun.count >= most {
                guard let other = state.waiting.firstIndex(where: { $0.draft.settings != settings }) else { return nil }
                leaving.append(state.waiting.remove(at: other))
            }
            state.begun.append(settings)
            return leaving
        }
    }

    /// - Returns: false when none is taken any more.
    func add(_ sandbox: ParkedSandbox) -> Bool {
        state.withLock { state in
            if state.isClosed { return false }
            state.waiting.append(sandbox)
            state.end(sandbox.draft.settings)
            return true
        }
    }

    func giveUp(_ settings: TaskSettings) { state.withLock { $0.end(settings) } }

    /// One for a task of these settings.
    func take(_ settings: TaskSettings) -> ParkedSandbox? {
        state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.draft.settings == settings }) else { return nil }
            return state.waiting.remove(at: index)
        }
    }

    /// All that wait longer than this.
    func take(olderThan age: Duration) -> [ParkedSandbox] {
        state.withLock { state in
            let limit = ContinuousClock.now - age
            defer { state.waiting.removeAll { $0.since <= limit } }
            return state.waiting.filter { $0.since <= limit }
        }
    }

    /// Gives all away, and takes none any more.
    func close() -> [ParkedSandbox] {
        state.withLock { state in
            defer { (state.waiting, state.isClosed) = ([], true) }
            return state.waiting
        }
    }

    /// The ids of those that wait and have not ended meanwhile.
    var ids: [String] { state.withLock { $0.waiting.filter(\.launched.isWaiting).map(\.draft.id) } }

    /// Whether none is being made.
    var isQuiet: Bool { state.withLock { $0.begun.isEmpty } }
}
