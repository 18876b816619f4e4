import BerthLaunch
import BerthModel
import BerthNetwork
import BerthStore
import BerthTrace
import Foundation
import Synchronization

/// A task that has not stopped: its state, who runs it, and who watches it.
final class LiveTask: Sendable {
    let id: String
    let cluster: String
    let family: String
    let settings: TaskSettings
    /// The first of its 65,536 host ids.
    let hostIDBase: UInt32
    /// Told how long its steps take; nil when nobody wants to know.
    let trail: TaskTrail?

    /// What brings a task as far as its programs, which wait until it is released.
    typealias Start = Task<Result<any LaunchedTask, StartFailure>, Never>
    private typealias Follower = AsyncStream<ECSTask>.Continuation

    private struct State {
        var life: TaskLife
        var dossier: TaskDossier
        /// Launches it; a pull may take long.
        var start: Start?
        var running: (any LaunchedTask)?
        /// It is on disk: its programs may be executed.
        var isAccepted = false
        /// Its network while it waits for its launch; from then on its shim holds the namespace.
        var sandbox: Sandbox?
        /// Somebody was to launch it: a process may be in its network.
        var isHandedOver = false
        var settingFault: String?
        var followers: [Int: Follower] = [:]
        /// Of followers so far.
        var followed = 0
        /// The images it runs on.
        var images: [any HeldImage] = []
        /// Its end is being written; what comes now comes too late.
        var isSealed = false
    }
    private let state: Mutex<State>

    init(_ task: ECSTask, settings: TaskSettings, dossier: TaskDossier, trail: TaskTrail? = nil) {
        id = task.id
        self.trail = trail
        cluster = dossier.cluster
        family = dossier.family
        self.settings = settings
        hostIDBase = dossier.hostIDBase
        let life = TaskLife(
            task, essential: settings.containers.map(\.essential), dependencies: settings.containers.map(\.dependsOn))
        state = Mutex(State(life: life, dossier: dossier))
    }

    /// How it is named where somebody asks what an image is needed for.
    var imageUser: String { "task \(id)" }

    /// As it is now.
    var task: ECSTask { state.withLock { $0.life.task } }
    var life: TaskLife { state.withLock { $0.life } }
    var status: TaskStatus { state.withLock { $0.life.task.lastStatus } }
    /// Whether its last program has not ended for certain.
    var mayRunPrograms: Bool {
        state.withLock { !$0.isSealed && ![.deprovisioning, .stopped].contains($0.life.task.lastStatus) }
    }
    var isStopping: Bool { state.withLock { $0.life.isStopping } }
    var dossier: TaskDossier { state.withLock { $0.dossier } }
    /// Who runs it; nil before the launch.
    var running: (any LaunchedTask)? { state.withLock { $0.running } }

    /// The row that the store keeps of it.
    func row() throws -> TaskRow {
        let (task, dossier) = state.withLock { ($0.life.task, $0.dossier) }
        return try TaskRow(StoredTask(task: task, launch: dossier.encoded()))
    }

    /// The pull has begun, unless it had before.
    ///
    /// - Returns: whether it begins now.
    @discardableResult
    func pullStarted(_ time: Timestamp) -> Bool {
        let begins = state.withLock { state in
            // What an earlier boot measured is of another clock: what is charged begins anew, in the user's favour.
            guard state.dossier.pullStart == nil || state.dossier.bootID != Timestamp.bootID else { return false }
            state.dossier.pullStart = time
            state.dossier.bootID = Timestamp.bootID
            return true
        }
        if begins { change { $0.pullStarted(at: time.date) } }
        return begins
    }

    /// Remembers what launches it; a stop that was asked for meanwhile ends it.
    func attach(start: Start) {
        let stopNow = state.withLock { state in
            state.start = start
            return state.life.isStopping
        }
        if stopNow { start.cancel() }
    }

    /// Ends what launches it, and waits until it has ended.
    func endStart() async {
        let start = state.withLock { $0.start }
        start?.cancel()
        _ = await start?.value
    }

    /// Ends what launches it, such as a pull that nobody waits for any more.
    func cancelStart() { state.withLock { $0.start }?.cancel() }

    var sandbox: Sandbox? { state.withLock { $0.sandbox } }

    /// Keeps its network for its launch.
    ///
    /// - Parameter settingFault: why it cannot be launched in it all the same: a kernel setting that there is not.
    func hold(_ sandbox: Sandbox, settingFault: String? = nil) {
        hold(sandbox.network)
        state.withLock { state in
            state.sandbox = sandbox
            state.settingFault = settingFault
        }
    }

    /// Why a kernel setting of its network could not be made; nil if all were.
    var settingFault: String? { state.withLock { $0.settingFault } }

    /// Its network, for whoever launches it.
    func handOver() -> Sandbox? {
        state.withLock { state in
            state.isHandedOver = true
            return state.sandbox
        }
    }

    /// Lets go of its namespace, which ends if nobody else holds it.
    ///
    /// - Returns: what no process can have entered; nil if one can.
    @discardableResult
    func releaseSandbox() -> Sandbox? {
        // It does not end under the lock.
        let (sandbox, isHandedOver) = state.withLock { state in
            defer { state.sandbox = nil }
            return (state.sandbox, state.isHandedOver)
        }
        return isHandedOver ? nil : sandbox
    }

    /// Takes over what was made ready under its id.
    func inherit(from draft: LiveTask) {
        let (endpoints, network, images) = draft.state.withLock { draft in
            defer { draft.images = [] }
            return (draft.dossier.endpoints, draft.dossier.network, draft.images)
        }
        state.withLock { state in
            (state.dossier.endpoints, state.dossier.network, state.images) = (endpoints, network, images)
            state.isHandedOver = true
        }
    }

    /// What it holds of the network from now on, and with it where its containers can ask about themselves.
    func hold(_ network: TaskNetwork) {
        state.withLock { state in
            state.dossier.network = network
            guard network.reachesEndpoints, state.dossier.endpoints == nil else { return }
            state.dossier.endpoints = TaskEndpoints(
                containers: settings.containers.count, hasRole: settings.taskRoleArn != nil)
        }
    }

    /// What crossed its link; nil when that is not known.
    func used(_ network: NetworkUsage?) { state.withLock { $0.dossier.networkUsage = network } }

    /// What it wants of schedulers; nil for nothing.
    func protect(_ protection: TaskProtection?) { state.withLock { $0.dossier.protection = protection } }

    /// Keeps an image until the task is over.
    func keep(_ image: any HeldImage) { state.withLock { $0.images.append(image) } }

    /// The task is over, and needs its images no more.
    func releaseImages() {
        let images = state.withLock { state in
            defer { state.images = [] }
            return state.images
        }
        // Not under the lock: they end here.
        withExtendedLifetime(images) {}
    }

    /// Its last state, to be written before it is shown. From now on nothing else changes it.
    func seal(_ body: (inout TaskLife) -> Void) -> TaskLife {
        state.withLock { state in
            state.isSealed = true
            var life = state.life
            body(&life)
            return life
        }
    }

    /// Shows the end that has been written.
    func ended(_ life: TaskLife) {
        state.withLock { $0.isSealed = false }
        change { $0 = life }
    }

    /// Changes its state and tells those who follow it.
    @discardableResult
    func change(_ body: (inout TaskLife) -> Void) -> ECSTask {
        let (task, finished) = state.withLock { state in
            if !state.isSealed { body(&state.life) }
            let task = state.life.task
            for follower in state.followers.values { follower.yield(task) }
            guard task.lastStatus == .stopped else { return (task, [Follower]()) }
            defer { state.followers = [:] }
            return (task, Array(state.followers.values))
        }
        // Not under the lock: the end of a stream calls back into this task.
        for follower in finished { follower.finish() }
        return task
    }

    /// Remembers who runs it; a stop that was asked for meanwhile is passed on. Its programs wait until it is accepted.
    func attach(_ running: any LaunchedTask) {
        let (stopNow, releaseNow) = state.withLock { state in
            state.running = running
            state.start = nil
            return (state.life.task.stopCode == .userInitiated, state.isAccepted)
        }
        releaseSandbox()
        if stopNow { running.stop() }
        if releaseNow { running.release() }
    }

    /// It is on disk, and whatever is launched of it may run.
    func accept() {
        let running = state.withLock { state in
            state.isAccepted = true
            return state.running
        }
        running?.release()
    }

    /// Asks it to stop. One that is not launched yet is never launched; one that runs gets its stop signal.
    func requestStop(reason: String?) -> ECSTask {
        let task = change { $0.stop(.byUser(reason), at: Date()) }
        cancelStart()
        state.withLock { $0.running }?.stop()
        return task
    }

    /// A container has run for as long as others wait for its end; they give up.
    func startTimeoutOver(_ container: Int, seconds: Int) {
        var waiting: [Int] = []
        change { waiting = $0.startTimeoutOver(container, seconds: seconds, at: Date()) }
        let running = state.withLock { $0.running }
        if isStopping { running?.stop() } else { for waiter in waiting { running?.giveUp(waiter) } }
    }

    /// The task now and after every change, until it has stopped.
    func follow() -> AsyncStream<ECSTask> {
        let (states, continuation) = AsyncStream<ECSTask>.makeStream()
        follow(into: continuation)
        return states
    }

    /// The same, into a stream that somebody else may finish first.
    func follow(into continuation: AsyncStream<ECSTask>.Continuation) {
        let key: Int? = state.withLock { state in
            continuation.yield(state.life.task)
            if state.life.task.lastStatus == .stopped { return nil }
            state.followed += 1
            state.followers[state.followed] = continuation
            return state.followed
        }
        guard let key else { return continuation.finish() }
        continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.followers[key] = nil } }
    }
}
