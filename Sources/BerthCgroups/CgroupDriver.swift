import BerthLinux

/// One way to limit, count and end tasks with the kernel's cgroups.
///
/// Two drivers follow it: unified (everything in v2) and hybrid (limits in v1, lifecycle and CPU usage in v2).
/// Both pass the same contract suite.
///
/// The tree is `<root>/supervisor` (daemon and shims) and `<root>/tasks/<task>/<container>`: the task carries the
/// limits and is what is billed, the containers hold the processes.
public protocol CgroupDriver: Sendable {
    /// `unified` or `hybrid`.
    var name: String { get }

    /// Makes the root, its `supervisor` and its `tasks`; doing it again changes nothing.
    ///
    /// - Throws: EPERM without CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, which device filters take.
    func prepare() throws(LinuxError)

    /// Makes the cgroups of a task with their limits set; nothing is left behind if it fails.
    ///
    /// - Throws: EEXIST when the task has cgroups already, EINVAL for a name or a limit that cannot be one.
    func createTask(_ id: String, limits: TaskLimits, containers: [ContainerLimits]) throws(LinuxError) -> TaskCgroup

    /// To be called when a task is launched: what the next one like it can take is made ready, in the background.
    func prepareNext()

    /// The cgroups of a task that has some, made by whichever daemon: what ``createTask(_:limits:containers:)`` answered.
    ///
    /// - Throws: ENOENT when it has none.
    func cgroup(of id: String) throws(LinuxError) -> TaskCgroup

    /// The ids of all tasks that have a cgroup.
    func tasks() throws(LinuxError) -> [String]

    /// Ends every process of a task: race-free, fork bombs too.
    func kill(_ id: String) throws(LinuxError)

    /// Stops every process of a task and waits until the kernel says it is so; ``kill(_:)`` works on it all the same.
    ///
    /// - Throws: ETIMEDOUT after 5 s when a process hangs in the kernel; the others stay stopped.
    func freeze(_ id: String) throws(LinuxError)

    /// Lets a frozen task go on.
    func thaw(_ id: String) throws(LinuxError)

    /// Whether a process of the task still lives; a task that is gone has none.
    func isPopulated(_ id: String) throws(LinuxError) -> Bool

    /// The counters of a task as they are now, read straight from its cgroup.
    func counters(_ id: String) throws(LinuxError) -> [CounterReading]

    /// Removes what is left of a task that is over once its shim has made the removals of its plan: in the background, when no
    /// task is in a hurry. What waits for that when the daemon ends is found by the next ``prepare()``.
    ///
    /// - Parameter id: never used again.
    func reclaim(_ id: String)

    /// Removes the cgroups of a task at once, nested ones too; one that is gone already is no error.
    func removeTask(_ id: String) throws(LinuxError)

    /// Removes the whole tree below the root: the undoing of ``prepare()``.
    ///
    /// - Throws: EBUSY when a process still lives in it.
    func dismantle() throws(LinuxError)

    /// What the readings mean. A counter that this kernel does not have is nil.
    func usage(from readings: [CounterReading]) -> TaskUsage
}

/// The limits of a whole task.
public struct TaskLimits: Equatable, Sendable {
    /// 1024 units are one CPU; a hard limit (`cpu.max`) and a share (`cpu.weight`).
    public var cpuUnits: Int
    /// A hard limit; no swap.
    public var memoryBytes: UInt64
    /// The most processes and threads.
    public var pids: Int
    /// What every process of the task may do with devices, whoever it is and whatever node it finds.
    public var devices: DevicePolicy
    /// Memory protected from reclaim, where the task's cgroup stands for its only container's.
    var memoryReservationBytes: UInt64?

    public init(cpuUnits: Int, memoryBytes: UInt64, pids: Int, devices: DevicePolicy = .standard) {
        self.cpuUnits = cpuUnits
        self.memoryBytes = memoryBytes
        self.pids = pids
        self.devices = devices
    }

    /// With those of its only container, for a cgroup that serves both: the limit that holds is the smaller one.
    func carrying(_ container: ContainerLimits) -> TaskLimits {
        var limits = self
        limits.memoryBytes = min(memoryBytes, container.memoryBytes ?? .max)
        limits.memoryReservationBytes = container.memoryReservationBytes
        return limits
    }
}

/// The limits of one container inside its task's.
public struct ContainerLimits: Equatable, Sendable {
    public var name: String
    /// A share inside the task; nil or 0 means the kernel's default.
    public var cpuUnits: Int?
    /// A hard limit; nil means only the task's.
    public var memoryBytes: UInt64?
    /// Memory protected from reclaim.
    public var memoryReservationBytes: UInt64?

    public init(name: String, cpuUnits: Int? = nil, memoryBytes: UInt64? = nil, memoryReservationBytes: UInt64? = nil) {
        self.name = name
        self.cpuUnits = cpuUnits
        self.memoryBytes = memoryBytes
        self.memoryReservationBytes = memoryReservationBytes
    }
}

/// The cgroups of one task, as absolute paths for the launch plan.
public struct TaskCgroup: Equatable, Sendable {
    /// One container's.
    public struct Node: Equatable, Sendable {
        /// The container's name.
        public var name: String
        /// The v2 directory: target of CLONE_INTO_CGROUP, home of `cgroup.kill` and `cgroup.events`.
        public var lifecycle: String
        /// v1 `tasks` files into which the child writes `0` before it goes on: a thread that moves itself takes no
        /// global lock, while `cgroup.procs` waits for an RCU grace period of 5–20 ms.
        public var joins: [String]

        public init(name: String, lifecycle: String, joins: [String]) {
            self.name = name
            self.lifecycle = lifecycle
            self.joins = joins
        }
    }

    /// The task's.
    public var id: String
    /// In the order of its containers.
    public var containers: [Node]
    /// The files that hold the final counters; the shim stores their content as it is.
    public var counters: [CounterFile]
    /// Directories for the shim to remove once empty, deepest first; others are left to ``CgroupDriver/reclaim(_:)``.
    public var removals: [String]

    public init(id: String, containers: [Node], counters: [CounterFile], removals: [String]) {
        self.id = id
        self.containers = containers
        self.counters = counters
        self.removals = removals
    }
}

/// A file that holds a counter.
public struct CounterFile: Equatable, Sendable {
    /// The file's name, for example `cpu.stat` or `memory.max_usage_in_bytes`.
    public var name: String
    public var path: String
    /// The container's index, or nil for the task's own.
    public var container: Int?

    public init(name: String, path: String, container: Int?) {
        self.name = name
        self.path = path
        self.container = container
    }
}

/// The content of a counter file.
public struct CounterReading: Equatable, Sendable {
    /// As ``CounterFile/name``.
    public var name: String
    /// As ``CounterFile/container``.
    public var container: Int?
    /// Exactly as the kernel showed it.
    public var content: String

    public init(name: String, container: Int?, content: String) {
        self.name = name
        self.container = container
        self.content = content
    }
}

/// What a task used, by the kernel's own cumulative counters (Documentation/admin-guide/cgroup-v2.rst and cgroup-v1); nil is what
/// this host does not count.
public struct TaskUsage: Codable, Equatable, Sendable {
    /// Processor time in microseconds: `usage_usec` of `cpu.stat`.
    public var cpuUsec: UInt64?
    /// The part of it in programs, in microseconds: `user_usec`.
    public var cpuUserUsec: UInt64?
    /// The part of it in the kernel for them, in microseconds: `system_usec`.
    public var cpuSystemUsec: UInt64?
    /// Microseconds that its quota kept it from processors: `throttled_usec`; in v1 `throttled_time`, which is nanoseconds.
    public var throttledUsec: UInt64?
    /// The most memory that it held, in bytes: `memory.peak`; in v1 `memory.max_usage_in_bytes`.
    public var memoryPeakBytes: UInt64?
    /// The most processes and threads that it had: `pids.peak`; v1 does not count them.
    public var pidsPeak: UInt64?
    /// Bytes read from block devices: `rbytes` of `io.stat`; in v1 `Read` of blkio's bytes.
    public var ioReadBytes: UInt64?
    /// Bytes written to block devices: `wbytes`; in v1 `Write`.
    public var ioWriteBytes: UInt64?
    /// Read operations on block devices: `rios`; in v1 `Read` of blkio's operations.
    public var ioReads: UInt64?
    /// Write operations on block devices: `wios`; in v1 `Write`.
    public var ioWrites: UInt64?
    /// Processes that the kernel killed for memory, in the whole task.
    public var oomKills: UInt64?
    /// The same for each container that has a count of its own, by the container's index.
    public var containerOOMKills: [Int: UInt64] = [:]

    public init() {}
}
