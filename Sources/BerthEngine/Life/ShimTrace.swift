import BerthLaunch
import BerthTrace

/// What a trace tells of the part of a task's way that its shim carries out: the phases, as the daemon hears of them, and the
/// containers' steps by the shim's own clock.
struct ShimTrace {
    private let trail: TaskTrail?
    private let containers: [String]
    private var hasStarted = false
    private var lastExit: Moment?

    init(_ live: LiveTask) {
        trail = live.trail
        containers = live.trail == nil ? [] : live.settings.containers.map(\.name)
    }

    mutating func note(_ event: TaskEvent) {
        guard let trail else { return }
        switch event {
        case .started:
            if !hasStarted { trail.phaseEnds(.start) }
            hasStarted = true
        case .failed, .exited: lastExit = trail.now()
        case .finished(let record):
            trail.phaseEnds(hasStarted ? .run : .start, at: lastExit ?? trail.now())
            trail.phaseEnds(.end)
            tell(record, to: trail)
        case .lost: trail.phaseEnds(hasStarted ? .run : .start)
        case .taken: break
        }
    }

    private func tell(_ record: TaskRecord, to trail: TaskTrail) {
        let heard = trail.now()
        let last = record.containers.indices.max { left, right in
            (record.containers[left].exitedAt?.boottime ?? 0) < (record.containers[right].exitedAt?.boottime ?? 0)
        }
        for (index, container) in record.containers.enumerated() {
            if containers.indices.contains(index) { trail.nameContainer(index, containers[index]) }
            guard let exited = container.exitedAt.map(Moment.init) else { continue }
            let started = container.startedAt.map(Moment.init)
            if let spawn = trail.spawn { trail.container(index, .shim, from: spawn, to: started ?? exited) }
            if let started { trail.container(index, .program, from: started, to: exited) }
            guard index == last else { continue }
            trail.container(index, .empty, from: exited, to: Moment(record.finishedAt))
            trail.container(index, .record, from: Moment(record.finishedAt), to: heard)
        }
    }
}

extension Moment {
    fileprivate init(_ time: Timestamp) { self.init(nanoseconds: time.boottime) }
}

extension LiveTask {
    /// Its trail, for what several tasks may wait for together.
    var trails: [TaskTrail] { trail.map { [$0] } ?? [] }
}
