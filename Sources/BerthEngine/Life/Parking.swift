import BerthImages
import BerthLaunch
import BerthLinux
import BerthModel
import BerthNetwork
import BerthTrace
import Foundation

/// Making sandboxes ready ahead of their tasks (`tasks.parked`), and running tasks in them.
extension Engine {
    static let parkingInterval = Duration.seconds(15)
    /// What a sandbox has of the host, such as its nameservers, may be that old.
    private static let longestParked = Duration.seconds(600)
    /// A task that ends at once has ended by then, and whoever waited for it has started the next one.
    private static let parkingPause = Duration.milliseconds(25)

    /// Makes a sandbox ready for the next task like this one, unless enough wait.
    func parkNext(_ order: TaskOrder) {
        var order = order
        order.settings = order.settings.ofSandbox
        guard configuration.parkedSandboxes > 0, configuration.pullPolicy != .always, order.settings.canBeParked else {
            return
        }
        Task { [order] in
            try? await Task.sleep(for: Self.parkingPause)
            guard let leaving = parked.begin(order.settings) else { return }
            for sandbox in leaving { await end(sandbox) }
            if let made = await makeSandbox(order) {
                if parked.add(made) { return }
                await end(made)
            }
            parked.giveUp(order.settings)
        }
    }

    private func makeSandbox(_ order: TaskOrder) async -> ParkedSandbox? {
        let id = RandomID.hexadecimal()
        // None of the capacity: that is its task's.
        guard let (base, sandbox, _) = try? await reserve(.nothing, order.settings.network, id: id, nil) else {
            return nil
        }
        let draft = makeTask(order, id: id, hostIDBase: base, network: sandbox.network, trail: nil)
        draft.hold(sandbox)
        do throws(StartFailure) {
            if let launched = try await launchNow(draft, pull(for: draft)) {
                return ParkedSandbox(draft: draft, network: sandbox.network, launched: launched)
            }
        } catch {
            logger.notice("no sandbox could be made ready: \(error)")
        }
        await undo(draft, nil)
        reservations.release(.nothing, hostIDBase: base)
        return nil
    }

    /// A sandbox for a task of these settings in which it runs as in one that would be made now.
    func takeParked(_ settings: TaskSettings) -> ParkedSandbox? {
        while let sandbox = parked.take(settings.ofSandbox) {
            let isUpToDate = sandbox.draft.task.containers.allSatisfy { container in
                guard let image = try? images.ready(container.image) else { return false }
                return image.digest.description == container.imageDigest
            }
            if isUpToDate, sandbox.launched.isWaiting { return sandbox }
            Task { await end(sandbox) }
        }
        return nil
    }

    /// Makes the task that will run in a sandbox; one for which there is no room leaves none of it.
    func occupy(
        _ sandbox: ParkedSandbox, _ order: TaskOrder, _ trail: TaskTrail?
    ) throws(Reservations.Refusal) -> LiveTask {
        let (id, base) = (sandbox.draft.id, sandbox.draft.hostIDBase)
        do throws(Reservations.Refusal) { _ = try reservations.reserve(order.settings.size, holding: base) } catch {
            Task { await end(sandbox) }
            throw error
        }
        let task = makeTask(order, id: id, hostIDBase: base, network: sandbox.network, trail: trail)
        task.inherit(from: sandbox.draft)
        return task
    }

    /// Begins a task in the sandbox that was made ready under its id.
    func start(_ live: LiveTask, in sandbox: ParkedSandbox) -> LiveTask.Start {
        trash.taskComes()
        live.pullStarted(.now())
        let digests = sandbox.draft.task.containers.compactMap(\.imageDigest)
        live.change { $0.pullStopped(at: Date(), digests: digests) }
        live.attach(sandbox.launched)
        return Task { .success(sandbox.launched) }
    }

    /// Ends those that wait, for somebody who needs what they hold: addresses, ids, images.
    ///
    /// - Returns: whether there were any.
    func makeRoom() async -> Bool {
        let waiting = parked.take(olderThan: .zero)
        for sandbox in waiting { await end(sandbox) }
        return !waiting.isEmpty
    }

    /// Those that have waited for long.
    func endOldParked() async {
        for sandbox in parked.take(olderThan: Self.longestParked) { await end(sandbox) }
    }

    /// All of them; no more are made.
    func endParked() async {
        for sandbox in parked.close() { await end(sandbox) }
        while !parked.isQuiet { try? await Task.sleep(for: .milliseconds(5)) }
    }

    private func end(_ sandbox: ParkedSandbox) async {
        sandbox.launched.stop()
        await undo(sandbox.draft, sandbox.launched)
        reservations.release(.nothing, hostIDBase: sandbox.draft.hostIDBase)
    }
}

extension TaskSettings {
    /// Those that decide about a sandbox, without what is only shown.
    fileprivate var ofSandbox: TaskSettings {
        var settings = self
        (settings.count, settings.group, settings.startedBy, settings.capacityProviderName) = (1, "", nil, nil)
        return settings
    }

    /// Whether nothing of it is for one task at a time, or can be refused.
    fileprivate var canBeParked: Bool {
        network.mode != .host && network.ports.isEmpty && network.systemControls.isEmpty
    }
}

extension TaskSize {
    fileprivate static let nothing = TaskSize(cpuUnits: 0, memoryMiB: 0)
}
