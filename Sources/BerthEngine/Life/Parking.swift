import BerthImages
import BerthLaunch
import BerthLinux
import BerthModel
import BerthNetwork
import BerthTrace
import Foundation

/// Making sandboxes ready ahead of their tasks (`tasks.parked`), and running tasks in them.
extension Engine {
    /// Between two looks for those that are to be ended.
    static let parkingInterval = Duration.seconds(15)
    /// Nobody starts such tasks any more.
    static let longestParked = Duration.seconds(600)
    /// A task that ends at once has ended by then, and whoever waited for it has started the next one.
    private static let parkingPause = Duration.milliseconds(25)

    /// Makes a sandbox ready for the next task like this one, unless enough wait.
    func parkNext(_ order: TaskOrder) {
        guard configuration.parkedSandboxes > 0, configuration.pullPolicy != .always, order.settings.canBeParked else {
            return
        }
        var order = order
        order.settings = order.settings.ofSandbox
        Task { [order] in
            try? await Task.sleep(for: Self.parkingPause)
            guard order.settings.containers.allSatisfy({ digest(of: $0.image) != nil }),
                let leaving = parked.begin(order.settings)
            else { return }
            await end(leaving)
            guard let made = await makeSandbox(order) else { return parked.giveUp(order.settings) }
            if !parked.add(made) { await end([made]) }
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
            let isUpToDate = sandbox.draft.task.containers.allSatisfy { digest(of: $0.image) == $0.imageDigest }
            if isUpToDate, sandbox.launched.isWaiting { return sandbox }
            endSoon(sandbox)
        }
        return nil
    }

    /// What an image's name means now, if a task could run on it at once.
    private func digest(of name: String) -> String? { (try? images.ready(name))?.digest.description }

    /// Makes the task that will run in a sandbox; one for which there is no room leaves none of it.
    func occupy(
        _ sandbox: ParkedSandbox, _ order: TaskOrder, _ trail: TaskTrail?
    ) throws(Reservations.Refusal) -> LiveTask {
        let (id, base) = (sandbox.draft.id, sandbox.draft.hostIDBase)
        do throws(Reservations.Refusal) { _ = try reservations.reserve(order.settings.size, holding: base) } catch {
            endSoon(sandbox)
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

    /// Does what needs what sandboxes hold, such as addresses and images, while there is none.
    func withoutParked<Value, Failure: Error>(
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        await closeParking()
        defer { parked.open() }
        return try await body()
    }

    /// Ends all of them, and makes no more.
    func closeParking() async {
        await end(parked.close())
        // A task of its own: a caller that goes away does not make it spin.
        await Task { [parked] in while !parked.isEmpty { try? await Task.sleep(for: .milliseconds(5)) } }.value
    }

    /// Ends those that have waited for long, and those that have ended by themselves.
    func endParked(olderThan age: Duration = longestParked) async { await end(parked.leave(olderThan: age)) }

    private func endSoon(_ taken: ParkedSandbox) {
        parked.leave(taken)
        Task { await end([taken]) }
    }

    private func end(_ leaving: [ParkedSandbox]) async {
        for sandbox in leaving { sandbox.launched.stop() }
        for sandbox in leaving {
            await undo(sandbox.draft, sandbox.launched)
            reservations.release(.nothing, hostIDBase: sandbox.draft.hostIDBase)
            parked.ended()
        }
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
