import BerthCgroups
import BerthLaunch
import BerthLinux
import BerthModel

/// Further programs in running containers.
///
/// Two steps, because a stream cannot carry a signature: a call, authenticated as any other, opens a session and gets a
/// ticket; the stream shows the ticket and the program starts. It ends with its stream, and with its task.
extension Engine {
    /// The size of a terminal whose user has said none yet (tty(4)'s own is 0 × 0, which programs take for a fault).
    public static let usualWindow = WindowSize(rows: 24, columns: 80)

    /// Resolves all that a program needs, so that what is wrong with the call is answered and not streamed.
    ///
    /// - Parameter mayPass: throws when the caller may not act in the task's role.
    /// - Throws: ``ServiceError`` in ECS's words where ECS has any.
    public func openExec(
        _ call: ExecCall, mayPass: @Sendable (_ role: String) throws -> Void = { _ in }
    ) async throws -> ExecTicket {
        let (live, index) = try await runningContainer(call)
        if let role = live.settings.taskRoleArn { try mayPass(role) }
        let program = try await workers.run { [preparation] () throws(ServiceError) in
            try preparation.program(call, container: index, of: live)
        }
        let (sessionID, token) = try execTickets.issue(program, input: call.input, in: live)
        return ExecTicket(sessionID: sessionID, token: token, task: live.task, container: index)
    }

    /// ECS ExecuteCommand: as ``openExec(_:)``, at a terminal, for tasks that were run with `enableExecuteCommand`.
    public func executeCommand(
        _ request: ExecuteCommandRequest, mayPass: @Sendable (_ role: String) throws -> Void = { _ in }
    ) async throws -> ExecTicket {
        guard let task = request.task, !task.isEmpty else {
            throw ServiceError.invalidParameter("Task cannot be empty.")
        }
        guard request.interactive == true else { throw ServiceError.onlyInteractive }
        var call = ExecCall(task: task, command: try CommandWords.split(request.command ?? ""))
        call.cluster = try existingCluster(request.cluster)
        call.container = request.container.flatMap { $0.isEmpty ? nil : $0 }
        call.terminal = true
        call.input = true
        let found = try await self.task(named: task, cluster: call.cluster)
        guard found.enableExecuteCommand, live[found.id] != nil, found.desiredStatus == .running,
            try found.containers[containerIndex(call.container, in: found)].lastStatus == "RUNNING"
        else { throw ServiceError.executeCommandDisabled }
        return try await openExec(call, mayPass: mayPass)
    }

    /// Takes the ticket that a stream shows; nil for one that does not hold.
    public func admitExec(sessionID: String, token: String) -> ExecAdmission? {
        execTickets.redeem(sessionID: sessionID, token: token)
    }

    /// Starts the program of an admitted session. Whether it could be executed comes as its first event.
    ///
    /// - Parameter size: of the terminal, if it has one.
    /// - Throws: `ClientException` when the container has ended meanwhile, `TargetNotConnectedException` when its shim
    ///   cannot be reached.
    public func startExec(
        _ admission: ExecAdmission, size: WindowSize = Engine.usualWindow
    ) async throws -> any ExecutedProgram {
        let program = admission.program
        try Self.requireRunning(program.container, in: admission.task.task)
        guard let running = admission.task.running else { throw ServiceError.targetNotConnected }
        // Not what it runs: that may hold secrets.
        logger.notice(
            "a program is executed in a container",
            metadata: [
                "task": "\(admission.task.id)", "container": "\(program.containerName)",
                "session": "\(admission.sessionID)", "uid": "\(program.launch.uid)",
            ])
        return try await workers.run { [cgroups, logger] in
            do throws(LinuxError) {
                let nodes = try cgroups.cgroup(of: admission.task.id).containers
                guard let node = nodes.first(where: { $0.name == program.containerName }) else {
                    throw LinuxError("find the cgroup of", program.containerName, errno: .noSuchProcess)
                }
                return try running.start(program.request(cgroup: node, size: size))
            } catch {
                logger.error("task \(admission.task.id): \(error)")
                throw error.errno == .noSuchProcess ? Self.notRunning(program.containerName) : .targetNotConnected
            }
        }
    }

    private func runningContainer(_ call: ExecCall) async throws -> (LiveTask, index: Int) {
        let task = try await self.task(named: call.task, cluster: call.cluster)
        let index = try containerIndex(call.container, in: task)
        try Self.requireRunning(index, in: task)
        guard let live = live[task.id] else { throw Self.notRunning(task.containers[index].name) }
        return (live, index)
    }

    private func task(named name: String, cluster: String?) async throws -> ECSTask {
        let name = try TaskName(name, account: configuration.account)
        guard let found = try await tasks(ids: [name.id]).first, let task = found,
            cluster.map({ configuration.account.clusterARN($0) == task.clusterArn }) ?? true,
            name.cluster.map({ configuration.account.clusterARN($0) == task.clusterArn }) ?? true
        else { throw ServiceError.taskNotFound }
        return task
    }

    private func containerIndex(_ name: String?, in task: ECSTask) throws(ServiceError) -> Int {
        let names = task.containers.map(\.name).joined(separator: ", ")
        if let name {
            guard let index = task.containers.firstIndex(where: { $0.name == name }) else {
                throw .invalidParameter("The task has no container '\(name)'; it has \(names).")
            }
            return index
        }
        guard task.containers.count == 1 else {
            throw .invalidParameter("The task has several containers; name one of \(names).")
        }
        return 0
    }

    private static func requireRunning(_ index: Int, in task: ECSTask) throws(ServiceError) {
        let container = task.containers[index]
        guard container.lastStatus == "RUNNING", task.lastStatus != .stopped else { throw notRunning(container.name) }
    }

    private static func notRunning(_ container: String) -> ServiceError {
        .client("Container '\(container)' does not run; a command needs a running container.")
    }
}
