import BerthCgroups
import BerthLaunch
import BerthLinux
import BerthModel
import BerthNetwork
import BerthOCI
import BerthStore
import Foundation

/// A start after an end of any kind. It is the code of a normal way, entered at the place that each task has reached.
extension Engine {
    func recover() async throws {
        let account = configuration.account
        let now = Date().milliseconds
        let (rows, clusters) = try await store.write { writer in
            let cluster = Cluster(clusterArn: account.clusterARN(ClusterName.default), clusterName: ClusterName.default)
            _ = try writer.addCluster(cluster, now: now)
            _ = try writer.removeStaleNetworkLeases()
            return (try writer.reader.liveTasks(), try writer.reader.clusterNames(after: nil, limit: .max))
        }
        for cluster in clusters { zones.add(cluster) }
        var adopted: [LiveTask] = []
        for row in rows {
            do {
                let task = try await revive(row)
                reservations.restore(task.settings.size, hostIDBase: task.hostIDBase)
                live.add(task, isEarlier: true)
                await workers.run { [self] in holdImages(of: task) }
                adopted.append(task)
            } catch {
                await bury(row, error)
            }
        }
        // What is taken up must be known before anybody asks; only then may strangers be removed.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in adopted { group.addTask { try await self.takeUp(task) } }
            try await group.waitForAll()
        }
        await sweepStrangers()
        if !rows.isEmpty { logger.info("took up \(rows.count) tasks of an earlier run") }
    }

    /// Keeps the images that a task of an earlier run may run on. Its start may not have been written down yet, and with
    /// it the digests: then its images are those that the names mean.
    private func holdImages(of task: LiveTask) {
        let known = task.task.containers
        for container in task.settings.containers {
            let digest = known.first { $0.name == container.name }?.imageDigest.flatMap { Digest($0) }
            let named = digest == nil ? try? images.known(container.image) : nil
            guard let digest = digest ?? named?.digest else { continue }
            if let held = images.hold(digest: digest, user: task.imageUser) { task.keep(held) }
        }
    }

    /// A task as it was in memory: its settings come of its call and its definition, as when it was accepted.
    private func revive(_ row: StoredTask) async throws -> LiveTask {
        let dossier = try TaskDossier.decode(row.launch)
        guard
            let found = try await store.read({
                try $0.definition(family: dossier.family, revision: dossier.revision)
            })
        else { throw ServiceError.serverException("task \(row.task.id): its task definition is gone") }
        let task = LiveTask(
            row.task, settings: dossier.request.acceptedSettings(for: found.taskDefinition), dossier: dossier,
            trail: tracer?.task(row.task.id))
        task.accept()
        return task
    }

    /// Ends a task that this version of Berth cannot understand: one such row must not keep all others from running.
    private func bury(_ row: StoredTask, _ error: any Error) async {
        logger.error("task \(row.task.id) cannot be taken up again and is ended: \(error)")
        var life = TaskLife(row.task, essential: row.task.containers.map { _ in true })
        life.lose(at: Date())
        let end = StoredTask(task: life.task, launch: row.launch)
        await workers.run { [self] in endStranger(row.task.id) }
        await untilWritten("task \(row.task.id)") { [store] in
            try await store.write { writer in
                _ = try writer.updateTask(end)
                try writer.removeNetworkLeases(task: end.task.id)
            }
        }
        if let network = try? TaskDossier.decode(row.launch).network {
            await networks.release(network, id: row.task.id)
        }
    }

    /// Throws when this daemon cannot find out what became of a task, for want of descriptors or memory: it must not start
    /// then, because a task taken for lost is killed.
    private func takeUp(_ task: LiveTask) async throws(LinuxError) {
        let directory = configuration.tasksDirectory + "/" + task.id
        let adoption = try await workers.run { [launcher] () throws(LinuxError) -> AdoptedTask in
            do throws(LinuxError) {
                return try launcher.adopt(directory: directory)
            } catch  where error.errno == .noSuchFileOrDirectory {
                // No directory: the daemon died before it made one.
                return .neverStarted
            }
        }
        if case .neverStarted = adoption {
            await discard(task)
            return await launchAgain(task)
        }
        // What it holds is taken before anybody asks for an address or a port.
        if let network = task.dossier.network { await networks.adopt(network, id: task.id) }
        switch adoption {
        case .running(let running):
            task.attach(running)
            Task { await follow(task, running) }
            await untilHeard(running, of: task)
        case .finished(let record): await settle(task, record)
        case .lost, .neverStarted: await settleLost(task)
        }
    }

    /// Waits until the shim begins to tell of the containers that run: whoever finds the daemon ready may want to execute
    /// something in one. A shim tells at once; one that stands still holds up a start for these seconds, and no longer.
    private func untilHeard(_ running: any LaunchedTask, of task: LiveTask) async {
        guard task.task.containers.contains(where: { $0.lastStatus == "RUNNING" }) else { return }
        let deadline = ContinuousClock.now + .seconds(5)
        while running.isWaiting, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(2)) }
    }

    /// Sends a task on its way that was accepted, and maybe prepared, but not launched.
    private func launchAgain(_ task: LiveTask) async {
        do throws(NetworkRefusal) {
            try await restoreNetwork(of: task)
        } catch {
            return await abandon(task, .resource("\(error.reason.rawValue): \(error.detail)"))
        }
        Task { await carryOut(task, start(task)) }
    }

    /// Ends and removes the cgroups and directories of tasks that nobody knows: of calls that were never answered, whose
    /// shims may hold them still, and of ends that were committed just before a crash.
    private func sweepStrangers() async {
        let (directories, grouped) = await workers.run { [self] in tracesOfTasks() }
        let ids = Set(directories + grouped).filter { live[$0] == nil }.sorted()
        // Of an end that was committed the output is still to be read.
        let rows = try? await tasks(ids: ids)
        await workers.run { [self] in
            for (index, id) in ids.enumerated() {
                endStranger(id)
                if let rows, rows[index] == nil { removeLogs(of: id) }
            }
        }
        sweeper.submit { [self] in
            trash.takeUp()
            for id in directories where live[id] == nil { moveToTrash(id) }
        }
    }

    /// The ids of all tasks, known or not, that have a directory or a cgroup.
    private func tracesOfTasks() -> (directories: [String], cgroups: [String]) {
        let directories = (try? FileManager.default.contentsOfDirectory(atPath: configuration.tasksDirectory)) ?? []
        do throws(LinuxError) { return (directories, try cgroups.tasks()) } catch {
            logger.error("cgroups of unknown tasks stay: \(error)")
            return (directories, [])
        }
    }

    /// Ends what may live of a task that nobody goes on with.
    private func endStranger(_ id: String) {
        do throws(LinuxError) {
            // A shim that holds a task, or starts its containers one after the other, starts nothing more.
            if case .running(let running)? = try? launcher.adopt(directory: configuration.tasksDirectory + "/" + id) {
                running.stop()
            }
            try cgroups.endTask(id)
            try cgroups.removeTask(id)
        } catch {
            logger.error("task \(id): \(error)")
        }
    }

    /// Removes the empty log files of a task that was launched and never accepted: no row leads to them.
    private func removeLogs(of id: String) {
        let containers = configuration.tasksDirectory + "/" + id + "/containers"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: containers)) ?? [] {
            unlink(preparation.logPath(id, name))
        }
    }
}
