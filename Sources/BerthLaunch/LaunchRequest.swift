import BerthCgroups
import BerthLinux
import BerthTrace

/// A task as the launch library sees it: everything resolved, nothing left to look up.
public struct LaunchRequest: Sendable {
    /// 32 hexadecimal digits.
    public var id: String
    /// The task's own directory: the shim keeps its socket, marker and record here; `containers/<name>/` holds the
    /// upper and work directories.
    public var directory: String
    /// What its containers call their host; at most 64 bytes (sethostname(2)).
    public var hostname: String
    /// Made already; its containers are those below, in the same order.
    public var cgroup: TaskCgroup
    /// The first host id that container root and the 65,535 ids after it are mapped to; nil for no user namespace.
    public var hostIDBase: UInt32?
    /// Ids that are mapped to themselves instead; without a user namespace all are, and this says nothing.
    public var keptIDs: KeptIDs?
    /// In the order in which they start where no dependency says otherwise; at most 16.
    public var containers: [ContainerLaunch]
    /// Whether all containers share one process namespace (`pidMode: task`).
    public var sharesProcesses = false
    /// Whether everything is made ready and no program executed before ``RunningTask/release()``.
    public var isHeld = false
    /// The network namespace that its containers share.
    public var network = Network.own

    /// Where a task's containers find their network.
    public enum Network: Sendable {
        /// A namespace that is made for it, with nothing but a loopback interface, and belongs to its user namespace.
        case own
        /// One that is made ready, and that container root has no power over: it belongs to the host's user namespace.
        ///
        /// Settings below `net.` are for whoever made it: a container cannot change them.
        case given(SharedNamespace)
        /// The host's.
        case host
    }

    /// Files beside the cgroups' whose content goes into the record when the task is over. They are read while the task's
    /// network namespace still is.
    public var counters: [CounterFile] = []

    /// Told how long the launch takes.
    public var trail: TaskTrail?

    /// The members without which no task runs; the others have defaults.
    public init(
        id: String, directory: String, hostname: String, cgroup: TaskCgroup, hostIDBase: UInt32?,
        containers: [ContainerLaunch]
    ) {
        self.id = id
        self.directory = directory
        self.hostname = hostname
        self.cgroup = cgroup
        self.hostIDBase = hostIDBase
        self.containers = containers
    }

    /// The namespace to pass to the shim, if there is one.
    var namespace: SharedNamespace? {
        if case .given(let namespace) = network { namespace } else { nil }
    }

    var hasOwnNetwork: Bool {
        if case .own = network { true } else { false }
    }
}
