import BerthLaunch
import BerthModel
import BerthNetwork
import BerthStore
import BerthTrace
import Crypto
import Foundation

extension Engine {
    /// Accepts tasks: when this returns, they are on disk and on their way.
    ///
    /// - Parameters:
    ///   - trail: told how long its steps take.
    ///   - mayPass: throws when the caller may not give a task its role.
    ///
    /// A call with a client token that was answered before gets the same tasks again.
    public func runTask(
        _ request: RunTaskRequest, principal: String, trail: RequestTrail? = nil,
        mayPass: @Sendable (_ role: String) throws -> Void = { _ in }
    ) async throws -> TasksResponse {
        let account = configuration.account
        let cluster = try ClusterName.parse(request.cluster, account: account)
        let name = try TaskDefinitionName(request.taskDefinition, account: account)
        let call = try IdempotentCall(request)
        let begun = trail?.now()
        let (definition, answered) = try await lookUp(name, call)
        trail?.span(.lookUp, since: begun)
        guard zones.contains(cluster: cluster) else { throw ServiceError.clusterNotFound }
        if let call, let answered { return try await repeatAnswer(to: call, answered) }
        guard let definition else { throw ServiceError.taskDefinitionNotFound }
        let found = trail?.now()
        let settings = try request.validated(for: definition.taskDefinition, under: configuration.hostPolicy)
        if let role = settings.taskRoleArn { try mayPass(role) }
        let tags = request.taskTags(definitionTags: definition.tags ?? [], cluster: cluster)
        trail?.span(.validate, since: found)

        let order = TaskOrder(
            request: request, definition: definition.taskDefinition, settings: settings, tags: tags, cluster: cluster)
        var accepted: [(task: LiveTask, sandbox: ParkedSandbox?)] = []
        var failures: [Failure] = []
        for _ in 0..<settings.count {
            do throws(Reservations.Refusal) {
                accepted.append(try await place(order, trail))
            } catch {
                failures.append(Failure(arn: nil, reason: error.reason, detail: error.detail))
            }
        }
        // Nothing was done: the same token may well succeed later.
        if accepted.isEmpty { return TasksResponse(tasks: [], failures: failures) }
        let answer = try await accept(accepted, failures: failures, call: call)
        for _ in accepted { parkNext(order) }
        return answer
    }

    /// What the store has of a definition, which is not looked at for one that is known, and of a call with a token.
    private func lookUp(
        _ name: TaskDefinitionName, _ call: IdempotentCall?
    ) async throws -> (TaskDefinitionResponse?, AnsweredCall?) {
        let known = knownDefinitions.find(name)
        if call == nil, let definition = known.definition { return (definition, nil) }
        let found = try await store.read { reader in
            (
                try reader.definition(family: name.family, revision: name.revision),
                try call.flatMap { try reader.answeredCall(token: $0.token) }
            )
        }
        if let definition = found.0 { knownDefinitions.keep(definition, as: name, generation: known.generation) }
        return found
    }

    /// One task of a call, with its share of the host, and what was made ready for it.
    private func place(
        _ order: TaskOrder, _ trail: RequestTrail?
    ) async throws(Reservations.Refusal) -> (LiveTask, ParkedSandbox?) {
        let parked = takeParked(order.settings)
        let id = parked?.draft.id ?? RandomID.hexadecimal()
        let own = tracer?.task(id)
        if let own { trail?.leads(to: own) }
        if let parked { return (try occupy(parked, order, own), parked) }
        let (base, sandbox, fault) = try await reserve(for: order, id: id, own)
        let task = makeTask(order, id: id, hostIDBase: base, network: sandbox.network, trail: own)
        task.hold(sandbox, settingFault: fault)
        return (task, nil)
    }

    private func reserve(
        for order: TaskOrder, id: String, _ trail: TaskTrail?
    ) async throws(Reservations.Refusal) -> (hostIDBase: UInt32, Sandbox, settingFault: String?) {
        do throws(Reservations.Refusal) {
            return try await reserve(order.settings.size, order.settings.network, id: id, trail)
        } catch {
            // A sandbox that waits holds ids and an address, and nothing else of the host.
            guard [Reservations.noIDs, NetworkRefusal.Reason.interface.rawValue].contains(error.reason),
                configuration.parkedSandboxes > 0
            else { throw error }
            return try await withoutParked { () async throws(Reservations.Refusal) in
                try await reserve(order.settings.size, order.settings.network, id: id, trail)
            }
        }
    }

    /// Takes a task's share of the host: size, ids and network, all or nothing.
    func reserve(
        _ size: TaskSize, _ network: NetworkWishes, id: String, _ trail: TaskTrail?
    ) async throws(Reservations.Refusal) -> (hostIDBase: UInt32, Sandbox, settingFault: String?) {
        let begun = trail?.now()
        let base = try reservations.reserve(size)
        trail?.span(.reserve, since: begun)
        let reserved = trail?.now()
        do throws(NetworkRefusal) {
            let (sandbox, fault) = try await takeNetwork(id: id, network)
            trail?.span(.network, since: reserved)
            return (base, sandbox, fault)
        } catch {
            reservations.release(size, hostIDBase: base)
            throw Reservations.Refusal(reason: error.reason.rawValue, detail: error.detail)
        }
    }

    /// Writes accepted tasks down and sends them on their way. Meanwhile they come as far as their programs, none of which
    /// is executed before its task is on disk.
    private func accept(
        _ placed: [(task: LiveTask, sandbox: ParkedSandbox?)], failures: [Failure], call: IdempotentCall?
    ) async throws -> TasksResponse {
        let tasks = placed.map(\.task)
        let answer = TasksResponse(tasks: tasks.map(\.task), failures: failures)
        let starts = placed.map { task, sandbox in
            live.add(task)
            return (task, sandbox.map { start(task, in: $0) } ?? start(task))
        }
        let earlier: AnsweredCall?
        do {
            earlier = try await write(tasks, call: call)
        } catch {
            // It may be written all the same: an address that may be leased is not the next task's.
            for task in tasks { task.releaseSandbox() }
            await withdraw(starts)
            throw error
        }
        if let earlier, let call {
            await withdraw(starts)
            return try await repeatAnswer(to: call, earlier)
        }
        for task in tasks {
            task.trail?.phaseEnds(.accept)
            task.accept()
        }
        for (task, start) in starts { Task { await carryOut(task, start) } }
        return answer
    }

    /// - Returns: the answer that a twin of this call got in the meantime; then nothing was written.
    private func write(_ tasks: [LiveTask], call: IdempotentCall?) async throws -> AnsweredCall? {
        let now = Date().milliseconds
        let begun = tracer?.now()
        defer { for task in tasks { task.trail?.span(.commit, since: begun) } }
        let rows = try tasks.map { (task: $0, row: try $0.row(), streams: logStreams(of: $0, now: now)) }
        return try await store.write(for: tasks.flatMap(\.trails)) { writer in
            if let call {
                if let earlier = try writer.reader.answeredCall(token: call.token) { return earlier }
                let ids = tasks.map(\.id)
                try writer.addAnsweredCall(AnsweredCall(request: call.digest, tasks: ids), token: call.token, now: now)
            }
            for (task, row, streams) in rows {
                try writer.addTask(row, cluster: task.cluster, family: task.family)
                try writer.addLease(of: task.dossier.network, task: task.id)
                for stream in streams {
                    try writer.ensureLogGroup(stream.group, now: now)
                    try writer.addLogStream(stream)
                }
            }
            return nil
        }
    }

    /// Undoes what was made for tasks that were not accepted after all.
    private func withdraw(_ tasks: [(LiveTask, LiveTask.Start)]) async {
        for (task, _) in tasks { task.cancelStart() }
        for (_, start) in tasks { if case .success(let launched) = await start.value { launched.stop() } }
        for (task, start) in tasks {
            await undo(task, try? await start.value.get())
            reservations.release(task.settings.size, hostIDBase: task.hostIDBase)
        }
    }

    /// Takes away what was made for a task, but for its size and host ids.
    ///
    /// - Parameter launched: asked to stop already; nil for one that was not launched.
    func undo(_ task: LiveTask, _ launched: (any LaunchedTask)?) async {
        if let launched { await Self.untilEnded(launched) }
        await discard(task)
        for container in task.settings.containers { unlink(preparation.logPath(task.id, container.name)) }
        await releaseNetwork(of: task)
        live.remove(task)
    }

    /// Waits for the shim of a task that was stopped, which holds the task's network until then; not for one that is stopped
    /// itself, or waits for room on a full disk.
    private static func untilEnded(_ launched: any LaunchedTask) async {
        // A task of its own: a caller that goes away does not cut it short.
        let end = Task { for await event in launched.events where event.isLast { launched.settled() } }
        let patience = Task {
            try await Task.sleep(for: .seconds(5))
            end.cancel()
        }
        await end.value
        patience.cancel()
    }

    private func repeatAnswer(to call: IdempotentCall, _ answered: AnsweredCall) async throws -> TasksResponse {
        let tasks = try await tasks(ids: answered.tasks).compactMap(\.self)
        guard answered.request == call.digest else {
            throw ServiceError(
                code: "ConflictException",
                message: "The clientToken '\(call.token)' was used before, with other parameters.",
                resourceIds: tasks.map(\.taskArn))
        }
        return TasksResponse(tasks: tasks, failures: [])
    }

    func makeTask(
        _ order: TaskOrder, id: String, hostIDBase: UInt32, network: TaskNetwork, trail: TaskTrail?
    ) -> LiveTask {
        let (request, definition, settings, cluster) = (order.request, order.definition, order.settings, order.cluster)
        let account = configuration.account
        let arn = account.taskARN(cluster: cluster, id: id)
        let containers = settings.containers.map { settings in
            var container = Container(
                containerArn: account.containerARN(cluster: cluster, task: id, id: RandomID.uuid()),
                taskArn: arn, name: settings.name, image: settings.image, cpu: String(settings.cpuUnits))
            container.memory = settings.memoryMiB.map(String.init)
            container.memoryReservation = settings.memoryReservationMiB.map(String.init)
            container.runtimeId = "\(id)-\(UInt32.random(in: 1_000_000_000 ... .max))"
            if request.enableExecuteCommand == true { container.managedAgents = [.executeCommand] }
            return container
        }
        var task = ECSTask(
            taskArn: arn, clusterArn: account.clusterARN(cluster), taskDefinitionArn: definition.taskDefinitionArn,
            containers: containers, cpu: String(settings.size.cpuUnits), memory: String(settings.size.memoryMiB),
            group: settings.group, overrides: settings.overrides, createdAt: Date())
        task.launchType = settings.launchType
        task.capacityProviderName = settings.capacityProviderName
        task.startedBy = settings.startedBy
        task.tags = order.tags
        task.enableExecuteCommand = request.enableExecuteCommand ?? false
        task.ephemeralStorage = EphemeralStorage(sizeInGiB: settings.ephemeralStorageGiB)
        task.show(network, of: settings, region: account.region)
        var call = request
        call.clientToken = nil
        let dossier = TaskDossier(
            cluster: cluster, request: call, family: definition.family, revision: definition.revision,
            hostIDBase: hostIDBase, size: settings.size, ephemeralStorageGiB: settings.ephemeralStorageGiB,
            bootID: Timestamp.bootID)
        return LiveTask(task, settings: settings, dossier: dossier, trail: trail)
    }
}

/// What a call asks for, whichever of its tasks it is.
struct TaskOrder: Sendable {
    var request: RunTaskRequest
    var definition: TaskDefinition
    var settings: TaskSettings
    var tags: [Tag]
    var cluster: String
}

/// A call that names a token: the same token with the same parameters is the same call.
struct IdempotentCall: Sendable {
    var token: String
    /// SHA-256 of the parameters, hexadecimal.
    var digest: String

    /// Nil without a token.
    init?(_ request: RunTaskRequest) throws {
        guard let token = request.clientToken, !token.isEmpty else { return nil }
        var parameters = request
        parameters.clientToken = nil
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        self.token = token
        digest = SHA256.hash(data: try encoder.encode(parameters)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
