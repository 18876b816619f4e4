import BerthCgroups
import BerthLaunch
import BerthModel
import Foundation

/// The life of one task as a value: what has happened turns into what DescribeTasks shows.
///
/// It only moves forward: a status never goes back, the first reason to stop stays, and STOPPED is the end.
struct TaskLife: Sendable {
    private(set) var task: ECSTask
    /// Whether the task ends with it, by container.
    private let essential: [Bool]
    /// What each container waits for.
    private let dependencies: [[ContainerDependency]]
    /// Which containers have run.
    private var hasStarted: [Bool]
    /// When each container started and ended, as far as this daemon was told.
    private(set) var times: [ContainerTimes]

    init(_ task: ECSTask, essential: [Bool], dependencies: [[ContainerDependency]] = []) {
        self.task = task
        self.essential = essential
        self.dependencies = dependencies
        hasStarted = task.containers.map { $0.lastStatus == "RUNNING" || $0.exitCode != nil }
        times = task.containers.map { _ in ContainerTimes() }
    }

    /// Whether it was asked to stop, or its end has begun.
    var isStopping: Bool { task.desiredStatus == .stopped }

    // MARK: Before the start

    mutating func awaitsImages() { advance(to: .pending) }

    mutating func pullStarted(at time: Date) {
        task.pullStartedAt = task.pullStartedAt ?? time
        advance(to: .pending)
    }

    /// - Parameter digests: the images' manifest digests, by container.
    mutating func pullStopped(at time: Date, digests: [String]) {
        task.pullStoppedAt = task.pullStoppedAt ?? time
        for (index, digest) in digests.enumerated() { task.containers[index].imageDigest = digest }
        task.version += 1
    }

    /// Something beside its state has changed, and is to be written.
    mutating func noteChange() { task.version += 1 }

    // MARK: What the shim tells

    mutating func containerStarted(_ index: Int, at time: Date) {
        guard task.containers.indices.contains(index) else { return }
        // A daemon that takes up a task is told again of starts that its row knows.
        times[index].startedAt = times[index].startedAt ?? time
        guard !hasStarted[index] else { return }
        hasStarted[index] = true
        if task.containers[index].lastStatus != Self.stopped { task.containers[index].lastStatus = "RUNNING" }
        task.containers[index].agentsStarted(at: time)
        task.connectivity = "CONNECTED"
        task.connectivityAt = task.connectivityAt ?? time
        if zip(essential, hasStarted).allSatisfy({ !$0 || $1 }) {
            task.startedAt = task.startedAt ?? time
            advance(to: .running)
        } else {
            advance(to: .activating)
        }
    }

    mutating func containerFailed(_ index: Int, _ failure: LaunchFailure, at time: Date) {
        guard task.containers.indices.contains(index), task.containers[index].lastStatus != Self.stopped else { return }
        task.containers[index].stop()
        let name = failure.isCommandFault ? "CannotStartContainerError" : "CannotCreateContainerError"
        task.containers[index].reason = "\(name): \(failure.description)"
        if essential[index] { beginEnd(essentialEnd, at: time) }
        settleStatus()
    }

    mutating func containerExited(_ index: Int, _ status: ExitStatus, at time: Date) {
        guard task.containers.indices.contains(index), task.containers[index].lastStatus != Self.stopped else { return }
        // A start that nobody told of: it must have been before.
        containerStarted(index, at: time)
        task.containers[index].stop()
        task.containers[index].exitCode = status.exitCode
        times[index].finishedAt = time
        if essential[index] { beginEnd(essentialEnd, at: time) }
        settleStatus()
    }

    /// A container has run for its `startTimeout`: those that still wait for its end give up and never start (Amazon ECS API
    /// reference, `ContainerDefinition.startTimeout`). As with any other end, the task goes with an essential one only.
    ///
    /// - Returns: the containers that give up.
    mutating func startTimeoutOver(_ index: Int, seconds: Int, at time: Date) -> [Int] {
        guard task.containers.indices.contains(index), task.containers[index].lastStatus != Self.stopped, !isStopping
        else { return [] }
        let name = task.containers[index].name
        let waiting = dependencies.indices.filter { other in
            !hasStarted[other] && dependencies[other].contains { $0.containerName == name && $0.condition != "START" }
        }
        for other in waiting {
            let condition = dependencies[other].first { $0.containerName == name && $0.condition != "START" }?.condition
            task.containers[other].reason =
                "TaskDependencyError: container '\(name)' did not reach \(condition ?? "its end") within its startTimeout "
                + "of \(seconds) s"
            task.containers[other].stop()
            if essential[other] { stop(.failedToStart, at: time) }
        }
        if !waiting.isEmpty { settleStatus() }
        return waiting
    }

    // MARK: The end

    /// Why a task stops, in ECS's terms.
    struct Ending: Equatable, Sendable {
        var code: StopCode
        var reason: String

        static func byUser(_ reason: String?) -> Ending {
            Ending(code: .userInitiated, reason: reason.flatMap { $0.isEmpty ? nil : $0 } ?? "Task stopped by user")
        }
        static let essentialExited = Ending(
            code: .essentialContainerExited, reason: "Essential container in task exited")
        static let failedToStart = Ending(code: .taskFailedToStart, reason: "Task failed to start")
    }

    /// The task is to end; the first reason stays.
    mutating func stop(_ ending: Ending, at time: Date) {
        guard task.lastStatus != .stopped else { return }
        beginEnd(ending, at: time)
        if task.startedAt != nil { advance(to: .stopping) }
        task.version += 1
    }

    /// It could not be started: no container has run.
    ///
    /// - Parameters:
    ///   - container: the one whose fault it is.
    ///   - reason: `<ErrorName>: <text>`.
    mutating func failToStart(container: Int?, reason: String, at time: Date) {
        if let container { task.containers[container].reason = reason }
        beginEnd(Ending(code: .taskFailedToStart, reason: reason), at: time)
        advance(to: .deprovisioning)
    }

    /// All is over; what the shim wrote down is the truth about it.
    mutating func finish(_ record: TaskRecord, usage: TaskUsage) {
        for (index, container) in record.containers.enumerated() {
            if let started = container.startedAt { containerStarted(index, at: started.date) }
            if let failure = container.failure {
                containerFailed(index, failure, at: (container.exitedAt ?? record.finishedAt).date)
            } else if let status = container.status {
                containerExited(index, status, at: (container.exitedAt ?? record.finishedAt).date)
            }
        }
        explainOutOfMemory(usage)
        explainDependencies()
        explainLostOutput(record)
        task.executionStoppedAt = record.containers.compactMap { $0.exitedAt?.date }.max() ?? record.finishedAt.date
        end(at: record.finishedAt.date)
    }

    /// Its monitor is gone and left no record: what ran was killed, and how it ended is not known.
    mutating func lose(at time: Date) {
        let reason =
            "the task's monitor ended without a record, so that the exit is not known; what still ran was killed"
        for index in task.containers.indices where task.containers[index].lastStatus != Self.stopped {
            task.containers[index].reason = "ExitUnknownError: \(reason)"
        }
        beginEnd(
            Ending(code: hasStarted.contains(true) ? .essentialContainerExited : .taskFailedToStart, reason: reason),
            at: time)
        task.executionStoppedAt = time
        end(at: time)
    }

    /// STOPPED, for good.
    mutating func end(at time: Date) {
        guard task.lastStatus != .stopped else { return }
        beginEnd(essentialEnd, at: time)
        for index in task.containers.indices { task.containers[index].stop() }
        task.stoppedAt = time
        advance(to: .stopped)
    }

    // MARK: Rules

    private static let stopped = "STOPPED"

    /// What the end of an essential container means: before all have started, that the start failed.
    private var essentialEnd: Ending { task.startedAt == nil ? .failedToStart : .essentialExited }

    private mutating func beginEnd(_ ending: Ending, at time: Date) {
        task.desiredStatus = .stopped
        if task.stopCode == nil {
            task.stopCode = ending.code
            task.stoppedReason = ending.reason
            task.stoppingAt = time
        }
    }

    /// STOPPING while containers run that are to end, DEPROVISIONING once none does.
    private mutating func settleStatus() {
        let allStopped = task.containers.allSatisfy { $0.lastStatus == Self.stopped }
        if allStopped {
            advance(to: .deprovisioning)
        } else if isStopping {
            advance(to: .stopping)
        } else {
            task.version += 1
        }
    }

    private static let order = TaskStatus.allCases.enumerated().reduce(into: [TaskStatus: Int]()) {
        $0[$1.element] = $1.offset
    }

    private mutating func advance(to status: TaskStatus) {
        if (Self.order[status] ?? 0) > (Self.order[task.lastStatus] ?? 0) { task.lastStatus = status }
        for index in task.attachments.indices {
            task.attachments[index].status = task.lastStatus == .stopped ? "DELETED" : "ATTACHED"
        }
        task.version += 1
    }

    /// Names memory as the cause, by the kernel's own count of kills: exit code 137 alone may be anybody's SIGKILL.
    private mutating func explainOutOfMemory(_ usage: TaskUsage) {
        for index in task.containers.indices {
            guard let code = task.containers[index].exitCode, code != 0 else { continue }
            let own = usage.containerOOMKills[index]
            // Some kernels count per task only; then a container that died of SIGKILL is taken to be the victim.
            guard let kills = own ?? (code == 137 ? usage.oomKills : nil), kills > 0 else { continue }
            let victim = code == 137 ? "Container" : "A process of the container was"
            task.containers[index].reason = "OutOfMemoryError: \(victim) killed due to memory usage"
        }
    }

    /// A log that has a gap should not look whole.
    private mutating func explainLostOutput(_ record: TaskRecord) {
        for (index, container) in record.containers.enumerated() where container.lostOutputBytes > 0 {
            guard task.containers.indices.contains(index) else { continue }
            let bytes = container.lostOutputBytes == .max ? "4 GiB or more" : "\(container.lostOutputBytes) bytes"
            let text = "OutputLostError: \(bytes) of output could not be stored; look for room on the host's disk"
            task.containers[index].reason = task.containers[index].reason.map { "\($0); \(text)" } ?? text
        }
    }

    /// Says of a container that never ran which condition was not met, if that was the cause.
    private mutating func explainDependencies() {
        for (index, conditions) in dependencies.enumerated()
        where !hasStarted[index] && task.containers[index].reason == nil {
            for condition in conditions {
                guard let other = task.containers.firstIndex(where: { $0.name == condition.containerName }) else {
                    continue
                }
                let code = task.containers[other].exitCode
                let failed = condition.condition == "SUCCESS" && code != nil && code != 0
                guard failed || !hasStarted[other] else { continue }
                let outcome = code.map { "ended with exit code \($0)" } ?? "did not start"
                task.containers[index].reason =
                    "TaskDependencyError: container '\(task.containers[other].name)' \(outcome); "
                    + "the condition is \(condition.condition ?? "START")"
            }
        }
    }
}

extension Container {
    fileprivate mutating func stop() {
        lastStatus = "STOPPED"
        for index in managedAgents?.indices ?? 0..<0 { managedAgents?[index].lastStatus = "STOPPED" }
    }

    /// There is nothing to start: whoever runs a container can execute in it.
    fileprivate mutating func agentsStarted(at time: Date) {
        for index in managedAgents?.indices ?? 0..<0 {
            managedAgents?[index].lastStatus = lastStatus
            managedAgents?[index].lastStartedAt = time
        }
    }
}

extension Timestamp {
    /// The moment on the host's clock.
    var date: Date { Date(timeIntervalSince1970: Double(realtime) / 1e9) }

    /// Milliseconds since 1970.
    var milliseconds: Int64 { Int64(realtime / 1_000_000) }
}
