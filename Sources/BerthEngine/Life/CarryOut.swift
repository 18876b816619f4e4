import BerthCgroups
import BerthImages
import BerthLaunch
import BerthLinux
import BerthModel
import BerthTrace
import Foundation

/// One task's way from acceptance to its end. Many go at a time; none waits for another.
extension Engine {
    /// Begins to launch a task: its images, which may have to be pulled, then the rest on a thread that may block. Its
    /// programs wait until it is released.
    func start(_ live: LiveTask) -> LiveTask.Start {
        trash.taskComes()
        let pull = pull(for: live)
        let start = Task { [workers] () -> Result<any LaunchedTask, StartFailure> in
            do throws(StartFailure) {
                // With all images here, as nearly always, there is one way to a worker and none to a registry.
                if let launched = try await launchNow(live, pull) { return .success(launched) }
                let images = try await pull.run()
                return .success(
                    try await workers.run { () throws(StartFailure) in
                        try self.launch(live, images, since: live.trail?.now())
                    })
            } catch {
                return .failure(error)
            }
        }
        live.attach(start: start)
        return start
    }

    func pull(for live: LiveTask) -> TaskPull {
        TaskPull(
            live: live, images: images, policy: configuration.pullPolicy,
            secrets: RegistrySecrets(directory: configuration.secretsDirectory)
        ) { [weak self] in self?.checkpointSoon(live) }
    }

    /// Launches a task whose images are all here; nil when one has to be brought here first.
    func launchNow(_ live: LiveTask, _ pull: TaskPull) async throws(StartFailure) -> (any LaunchedTask)? {
        try await workers.run { () throws(StartFailure) in
            let begun = live.trail?.now()
            return try pull.ready().map { images throws(StartFailure) in
                try self.launch(live, images, since: begun)
            }
        }
    }

    /// Prepares a task and launches it; blocks for moments.
    private func launch(
        _ live: LiveTask, _ images: [StoredImage], since begun: Moment?
    ) throws(StartFailure) -> any LaunchedTask {
        var request = try preparation.prepare(live, images)
        live.trail?.work(.prepare, since: begun)
        let prepared = live.trail?.now()
        if live.isStopping { throw .stopped }
        trash.taskComes()
        request.isHeld = true
        // Not sooner: the request lives as long as the task, and would hold the namespace.
        request.network = try preparation.network(of: live)
        do throws(LinuxError) {
            let launched = try launcher.launch(request)
            live.attach(launched)
            live.trail?.work(.launch, since: prepared)
            // Its programs wait for nothing that is done for the next.
            launcher.prepareNext()
            cgroups.prepareNext()
            return launched
        } catch {
            throw .resource(error.description)
        }
    }

    /// Follows a task that is accepted to its end.
    func carryOut(_ live: LiveTask, _ start: LiveTask.Start) async {
        let accepted = live.trail?.now()
        let launched = await start.value
        live.trail?.span(.launched, since: accepted)
        switch launched {
        case .success(let running): await follow(live, running)
        // Its row says PENDING, and that is what it is.
        case .failure(.postponed): return
        case .failure(let failure): await abandon(live, failure)
        }
    }

    /// Turns what the shim tells into the task's state, until its end is committed.
    func follow(_ live: LiveTask, _ running: any LaunchedTask) async {
        var timers: [Task<Void, Never>] = []
        defer { for timer in timers { timer.cancel() } }
        var trace = ShimTrace(live)
        for await event in running.events {
            trace.note(event)
            switch event {
            case .started(let container, let time):
                live.change { $0.containerStarted(container, at: time.date) }
                if let timer = live.startTimer(of: container, started: time) { timers.append(timer) }
                checkpointSoon(live)
            case .failed(let container, let failure, let time):
                live.change { $0.containerFailed(container, failure, at: time.date) }
            case .exited(let container, let status, let time):
                live.change { $0.containerExited(container, status, at: time.date) }
                checkpointSoon(live)
            case .finished(let record):
                await settle(live, record)
                return running.settled()
            case .lost: return await settleLost(live)
            case .taken:
                // What became of it the other daemon writes down.
                return logger.error("task \(live.id): another daemon has taken it over")
            }
        }
        await settleLost(live)
    }

    /// Ends a task that was never launched.
    func abandon(_ live: LiveTask, _ failure: StartFailure) async {
        switch failure {
        case .stopped, .postponed: break
        case .failed(let container, let reason):
            live.change { $0.failToStart(container: container, reason: reason, at: Date()) }
        }
        await discard(live)
        live.trail?.phaseEnds(.start)
        await settle(live, usage: nil, end: .now()) { $0.end(at: Date()) }
    }

    /// Removes what a preparation made.
    func discard(_ live: LiveTask) async {
        await workers.run { [self] in
            let begun = live.trail?.now()
            defer { live.trail?.work(.discard, since: begun) }
            do throws(LinuxError) {
                try cgroups.endTask(live.id)
                try cgroups.removeTask(live.id)
            } catch {
                logger.error("task \(live.id): \(error)")
            }
            moveToTrash(live.id)
        }
    }
}
