import BerthLaunch
import BerthModel
import Foundation
import Synchronization

/// A task that has not stopped: its state, who runs it, and who watches it.
final class LiveTask: Sendable {
    let id: String
    let cluster: String
    let family: String
    let settings: TaskSettings
    /// What the store keeps beside the task.
    let plan: LaunchPlanRecord

    private struct State {
        var life: TaskLife
        var running: (any LaunchedTask)?
        var followers: [UUID: AsyncStream<ECSTask>.Continuation] = [:]
    }
    private let state: Mutex<State>

    init(_ task: ECSTask, cluster: String, family: String, settings: TaskSettings, plan: LaunchPlanRecord) {
        id = task.id
        self.cluster = cluster
        self.family = family
        self.settings = settings
        self.plan = plan
        state = Mutex(State(life: TaskLife(task, essential: settings.containers.map(\.essential))))
    }

    /// As it is now.
    var task: ECSTask { state.withLock { $0.life.task } }
    var life: TaskLife { state.withLock { $0.life } }
    var isStopping: Bool { state.withLock { $0.life.isStopping } }

    /// Changes its state and tells those who follow it.
    @discardableResult
    func change(_ body: (inout TaskLife) -> Void) -> ECSTask {
        state.withLock { state in
            body(&state.life)
            let task = state.life.task
            for follower in state.followers.values { follower.yield(task) }
            if task.lastStatus == .stopped {
                for follower in state.followers.values { follower.finish() }
                state.followers = [:]
            }
            return task
        }
    }

    /// Remembers who runs it; a stop that was asked for meanwhile is passed on.
    func attach(_ running: any LaunchedTask) {
        let stopNow = state.withLock { state in
            state.running = running
            return state.life.task.stopCode == .userInitiated
        }
        if stopNow { running.stop() }
    }

    /// Asks it to stop. One that is not launched yet is never launched; one that runs gets its stop signal.
    func requestStop(reason: String?) -> ECSTask {
        let task = change { $0.stop(.byUser(reason), at: Date()) }
        state.withLock { $0.running }?.stop()
        return task
    }

    /// The task now and after every change, until it has stopped.
    func follow() -> AsyncStream<ECSTask> {
        AsyncStream { continuation in
            let key = UUID()
            state.withLock { state in
                continuation.yield(state.life.task)
                if state.life.task.lastStatus == .stopped {
                    continuation.finish()
                } else {
                    state.followers[key] = continuation
                }
            }
            continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.followers[key] = nil } }
        }
    }
}
