import BerthCgroups
import BerthConfinement

/// A further program in a running container: the same namespaces, confinement and cgroup, so that it is counted and billed.
public struct ExecRequest: Sendable {
    /// The container's index in its task.
    public var container: Int
    /// The container's cgroups.
    public var cgroup: TaskCgroup.Node
    /// The program and its arguments, never empty; a program without a slash is searched in the container's `PATH`.
    public var arguments: [String]
    /// `NAME=value` each, and nothing else of anybody's.
    public var environment: [String]
    /// Absolute, in the container; made when missing.
    public var workingDirectory: String
    /// As the container counts ids, like the groups below.
    public var uid: UInt32
    /// Its primary group.
    public var gid: UInt32
    /// Its supplementary groups; all others of ours are dropped.
    public var additionalGids: [UInt32]
    /// Its bounding set, and what root in it holds.
    public var capabilities: CapabilitySet
    /// What decides about its system calls, loaded last before its program.
    public var seccomp: SeccompProgram
    /// Over ``ResourceLimit/standard``.
    public var limits: [ResourceLimit] = []
    /// The size of its terminal; nil for no terminal but three pipes.
    public var terminal: WindowSize?

    /// - Parameters:
    ///   - container: the container's index in its task.
    ///   - cgroup: the container's, whose limits and counters are the program's too.
    ///   - terminal: its size; nil for three pipes.
    public init(
        container: Int, cgroup: TaskCgroup.Node, arguments: [String], environment: [String], workingDirectory: String,
        uid: UInt32, gid: UInt32, additionalGids: [UInt32], capabilities: CapabilitySet, seccomp: SeccompProgram,
        terminal: WindowSize?
    ) {
        self.container = container
        self.cgroup = cgroup
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.uid = uid
        self.gid = gid
        self.additionalGids = additionalGids
        self.capabilities = capabilities
        self.seccomp = seccomp
        self.terminal = terminal
    }
}

/// What becomes of a program that was executed in a container: started or failed, then, if started, exited.
public enum ExecEvent: Equatable, Sendable {
    case started
    case failed(LaunchFailure)
    case exited(ExitStatus)
    /// Its watcher is gone: how it ended is unknown.
    case lost
}
