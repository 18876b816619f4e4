import BerthCgroups
import BerthLaunch
import BerthLinux
import BerthModel
import Foundation

/// One task's way from acceptance to its end. Many go at a time; none waits for another.
extension Engine {
    /// Begins what a launch needs: its images, which may have to be pulled, then the rest on a thread that may block.
    func prepare(_ live: LiveTask) -> Task<Result<LaunchRequest, StartFailure>, Never> {
        trash.taskComes()
        let pull = TaskPull(
            live: live, images: images, policy: configuration.pullPolicy,
            secrets: RegistrySecrets(directory: configuration.secretsDirectory)
        ) { [weak self] in self?.checkpointSoon(live) }
        let task = Task { [workers, preparation] () -> Result<LaunchRequest, StartFailure> in
            do throws(StartFailure) {
                // With all images here, as nearly always, there is one way to a worker and none to a registry.
                let atOnce = try await workers.run { () throws(StartFailure) in
                    let begun = live.trail?.now()
                    defer { live.trail?.work(.prepare, since: begun) }
                    return try pull.ready().map { images throws(StartFailure) in try preparation.prepare(live, images) }
                }
                if let atOnce { return .success(atOnce) }
                let images = try await pull.run()
                return .success(
                    try await workers.run { () throws(StartFailure) in try preparation.prepare(live, images) })
            } catch {
                return .failure(error)
            }
        }
        live.attach(preparation: task)
        return task
    }

    /// Launches a task that is accepted, and follows it to its end.
    func carryOut(_ live: LiveTask, _ preparation: Task<Result<LaunchRequest, StartFailure>, Never>) async {
        let accepted = live.trail?.now()
        let prepared = await preparation.value
        live.trail?.span(.prepared, since: accepted)
        let launched: Result<any LaunchedTask, StartFailure>
        switch prepared {
        case .failure(let failure): launched = .failure(failure)
        case .success(let request): launched = await launch(live, request)
        }
        switch launched {
        case .success(let running): await follow(live, running)
        // Its row says PENDING, and that is what it is.
        case .failure(.postponed): return
        case .failure(let failure): await abandon(live, failure)
        }
    }

    private func launch(_ live: LiveTask, _ request: LaunchRequest) async -> Result<any LaunchedTask, StartFailure> {
        let wished = live.trail?.now()
        defer { live.trail?.span(.launch, since: wished) }
        return await workers.run { [launcher, preparation, cgroups, trash] in
            live.trail?.span(.worker, since: wished)
            let begun = live.trail?.now()
            defer { live.trail?.work(.launch, since: begun) }
            if live.isStopping { return .failure(.stopped) }
            trash.taskComes()
            // Not sooner: the request lives as long as the task, and would hold the namespace.
            var request = request
            do throws(StartFailure) { request.network = try preparation.network(of: live) } catch {
                return .failure(error)
            }
            do throws(LinuxError) {
                let running = try launcher.launch(request)
                // As with shims: once it runs, it waits for nothing that is done for the next.
                cgroups.prepareNext()
                return .success(running)
            } catch {
                return .failure(.resource(error.description))
            }
        }
    }

    /// Turns what the shim tells into the task's state, until its end is committed.
    func follow(_ live: LiveTask, _ running: any LaunchedTask) async {
        live.attach(running)
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
