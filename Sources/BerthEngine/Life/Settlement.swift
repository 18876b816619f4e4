import BerthCgroups
import BerthLaunch
import BerthLedger
import BerthLinux
import BerthModel
import BerthNetwork
import BerthStore
import Foundation
import Glibc

/// The end of a task: its last state, its charge and the ends of its logs, in one transaction, once.
extension Engine {
    /// Settles a task by the shim's record.
    func settle(_ live: LiveTask, _ record: TaskRecord) async {
        let usage = cgroups.usage(from: record.counters)
        live.used(NetworkUsage(record.counters))
        // A daemon that died right after the launch had not written down when the pull began; the first start is the
        // nearest moment that is known, and in the user's favour.
        if live.dossier.pullStart == nil,
            let first = record.containers.compactMap(\.startedAt).min(by: { $0.boottime < $1.boottime })
        {
            live.pullStarted(first)
        }
        await settle(live, usage: usage, end: record.finishedAt) { $0.finish(record, usage: usage) }
        cgroups.reclaim(live.id)
    }

    /// Settles a task whose shim is gone: ends what is left of it, and reads what the kernel still knows.
    func settleLost(_ live: LiveTask) async {
        logger.error("task \(live.id): its shim is gone without a record; what is left of it is killed")
        // Read while something may still hold the link.
        if let network = live.dossier.network { live.used(await networks.usage(of: network)) }
        let usage = await workers.run { [cgroups, logger] () -> TaskUsage? in
            do throws(LinuxError) {
                try cgroups.endTask(live.id)
                let usage = cgroups.usage(from: try cgroups.counters(live.id))
                try cgroups.removeTask(live.id)
                return usage
            } catch {
                logger.error("task \(live.id): \(error)")
                return nil
            }
        }
        let end = live.dossier.bootID == Timestamp.bootID ? Timestamp.now() : lastSignOfLife(live)
        await settle(live, usage: usage, end: end) { $0.lose(at: end.date) }
    }

    /// Commits the end of a task, then shows it, and frees what the task held.
    ///
    /// - Parameter end: until when it is charged.
    func settle(_ live: LiveTask, usage: TaskUsage?, end: Timestamp, _ body: (inout TaskLife) -> Void) async {
        let life = live.seal(body)
        let task = life.task
        var dossier = live.dossier
        dossier.usage = usage
        let final = dossier
        let sealed = live.trail?.now()
        await untilWritten("task \(task.id)") { [self] in
            let row = try TaskRow(StoredTask(task: task, launch: final.encoded()))
            let charge = try charge(final, end: end)
            let records = charge.records(task: task, periodStart: final.pullStart?.milliseconds ?? 0)
            let logs = logEnds(of: live, at: end)
            try await store.write(for: live.trails) { writer in
                // False when it is STOPPED already: then all of this has been written.
                guard try writer.updateTask(row) else { return }
                try writer.append(records)
                try writer.removeLease(of: final.network, task: task.id)
                for stream in try writer.reader.logStreams(task: task.id) {
                    guard let log = logs[stream.container] else { continue }
                    try writer.endLogStream(stream, ended: log.last, last: log.last, bytes: log.bytes)
                }
            }
        }
        live.trail?.span(.commit, since: sealed)
        // Before it is seen as ended: whoever waits for that may want its ports, and its share of the host.
        let committed = live.trail?.now()
        await releaseNetwork(of: live)
        live.trail?.span(.release, since: committed)
        reservations.release(live.settings.size, hostIDBase: live.hostIDBase)
        live.remove(from: self.live)
        live.ended(life)
        live.trail?.phaseEnds(.settle)
        sweeper.submit { [self] in
            let begun = live.trail?.now()
            moveToTrash(live.id)
            live.trail?.work(.trash, since: begun)
        }
    }

    /// Tries again, ever more slowly, until a write succeeds: an end must not be lost because a disk is full for a
    /// while.
    func untilWritten(_ subject: String, _ write: () async throws -> Void) async {
        var pause = Duration.milliseconds(250)
        while true {
            do { return try await write() } catch {
                logger.error("\(subject): its end cannot be written yet: \(error)")
            }
            // Cancellation is no reason to give up either.
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(30))
        }
    }

    /// The size of each container's log file and when it was last written, by container.
    private func logEnds(of live: LiveTask, at end: Timestamp) -> [String: (bytes: Int64, last: Int64)] {
        var ends: [String: (bytes: Int64, last: Int64)] = [:]
        for container in live.settings.containers {
            let status = FileStatus.of(preparation.logPath(live.id, container.name))
            ends[container.name] = status.map { (Int64($0.st_size), $0.modified) } ?? (0, end.milliseconds)
        }
        return ends
    }

    /// The last moment a task is known to have lived that a reboot cut off: when its output was last written.
    private func lastSignOfLife(_ live: LiveTask) -> Timestamp {
        let start =
            live.dossier.pullStart
            ?? Timestamp(realtime: UInt64(live.task.createdAt.timeIntervalSince1970 * 1e9), boottime: 0)
        let last = logEnds(of: live, at: start).values.map { UInt64($0.last) * 1_000_000 }.max() ?? start.realtime
        let lived = last > start.realtime ? last - start.realtime : 0
        return Timestamp(realtime: start.realtime + lived, boottime: start.boottime + lived)
    }
}

extension LiveTask {
    fileprivate func remove(from tasks: LiveTasks) { tasks.remove(self) }
}

extension CgroupDriver {
    /// Kills a task and waits until no process of it lives.
    ///
    /// - Throws: ETIMEDOUT when a process hangs in the kernel for 10 s.
    func endTask(_ id: String) throws(LinuxError) {
        for _ in 0..<2000 {
            guard try isPopulated(id) else { return }
            // Again each time: a shim may have started another container since.
            try kill(id)
            usleep(5000)
        }
        throw LinuxError("end", "task \(id)", errno: .timedOut)
    }
}
