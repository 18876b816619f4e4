import BerthCgroups
import BerthLaunch

/// A session whose ticket was shown: what to run, and in which task. Worth one start.
public struct ExecAdmission: Sendable {
    /// The ticket's.
    public let sessionID: String
    /// Whether the program reads what the caller sends.
    public let input: Bool
    /// Whether it runs at a terminal.
    public var terminal: Bool { program.terminal }
    let task: LiveTask
    let program: ExecProgram
}

/// A program to execute, all resolved but the cgroup, which is found when it starts.
struct ExecProgram: Sendable {
    /// The container's index in its task, and its name.
    var container: Int
    var containerName: String
    var launch: ContainerLaunch
    var terminal: Bool

    /// - Parameter size: of the terminal, if it has one.
    func request(cgroup: TaskCgroup.Node, size: WindowSize) -> ExecRequest {
        var request = ExecRequest(
            container: container, cgroup: cgroup, arguments: launch.arguments, environment: launch.environment,
            workingDirectory: launch.workingDirectory, uid: launch.uid, gid: launch.gid,
            additionalGids: launch.additionalGids, capabilities: launch.capabilities, seccomp: launch.seccomp,
            terminal: terminal ? size : nil)
        request.limits = launch.limits
        return request
    }
}
