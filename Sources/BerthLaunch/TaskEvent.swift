import BerthCgroups
import BerthLinux

/// What the shim tells of its task, in this order for each container: started or failed, then exited.
public enum TaskEvent: Equatable, Sendable {
    /// The container's program runs (its exec succeeded).
    case started(container: Int, at: Timestamp)
    /// The container could not be started; the text names what and why.
    case failed(container: Int, LaunchFailure, at: Timestamp)
    /// The container's main process ended and all others of it with it.
    case exited(container: Int, ExitStatus, at: Timestamp)
    /// All is over: the record is written and the cgroups are removed. The last event.
    case finished(TaskRecord)
    /// The shim is gone and left no record: what ran is killed, exit codes are unknown.
    case lost
    /// Another daemon has connected to the shim, and is told from here on. The task goes on, and is no longer ours.
    case taken
}

/// Nanoseconds since 1970 on the host's clock, beside nanoseconds since boot (CLOCK_BOOTTIME) to measure with.
public struct Timestamp: Codable, Equatable, Hashable, Sendable {
    /// CLOCK_REALTIME: to show; it may jump.
    public var realtime: UInt64
    /// CLOCK_BOOTTIME: to measure with; it counts on while the host sleeps, and from 0 at each boot.
    public var boottime: UInt64
    /// Both in nanoseconds, read at one moment.
    public init(realtime: UInt64, boottime: UInt64) {
        self.realtime = realtime
        self.boottime = boottime
    }
}

/// How a container's main process ended.
public enum ExitStatus: Codable, Equatable, Sendable {
    /// It exited with this code, 0 to 255.
    case code(Int32)
    /// This signal ended it.
    case signal(Int32)

    /// The exit code as ECS reports it: 0–255, or 128 + the signal's number.
    public var exitCode: Int {
        switch self {
        case .code(let code): Int(code)
        case .signal(let number): 128 + Int(number)
        }
    }
}

/// Why a container could not be started.
public struct LaunchFailure: Error, Codable, Equatable, Sendable, CustomStringConvertible {
    /// For example `cannot execute /bin/nothing: No such file or directory`.
    public var description: String
    /// Whether the fault is the command's own (not found, not executable), and not Berth's or the host's.
    public var isCommandFault: Bool
    /// Whether the command is not there at all. Nil in what was written down before there was this member.
    public var isCommandMissing: Bool?

    /// - Parameters:
    ///   - description: a sentence for the user: the step, what it was about, the kernel's reason.
    ///   - isCommandFault: whether another command could have been executed.
    ///   - isCommandMissing: whether the kernel found no such program (ENOENT), or found it and would not execute it.
    public init(description: String, isCommandFault: Bool, isCommandMissing: Bool = false) {
        self.description = description
        self.isCommandFault = isCommandFault
        self.isCommandMissing = isCommandMissing
    }

    /// What a shell, and docker, end with for it (POSIX.1-2024 XCU 2.8.2; docker-run(1)): 127 for a command that is not
    /// there, 126 for one that cannot be executed, 125 when it is no fault of the command.
    public var exitCode: Int32 { isCommandFault ? (isCommandMissing == true ? 127 : 126) : 125 }
}

/// The shim's record of a finished task: the truth about its end.
public struct TaskRecord: Equatable, Sendable {
    /// What became of one container.
    public struct Container: Equatable, Sendable {
        /// Nil when its program never ran.
        public var startedAt: Timestamp?
        /// When its main process ended, or its start failed; nil when neither was tried.
        public var exitedAt: Timestamp?
        /// Nil when it never started.
        public var status: ExitStatus?
        /// Why it could not be started.
        public var failure: LaunchFailure?
        /// Bytes of output that could not be stored, because the disk was full; `UInt32.max` stands for that or more.
        public var lostOutputBytes: UInt32 = 0
        /// A container that was never tried.
        public init() {}
    }
    /// As the launch named them.
    public var containers: [Container]
    /// When the last container was over, and before the counters were read.
    public var finishedAt: Timestamp
    /// The kernel's counters as they were when the cgroup was empty; the driver reads them.
    public var counters: [CounterReading]
    /// What the shim wrote down, as it is read or as a test wants it.
    public init(containers: [Container], finishedAt: Timestamp, counters: [CounterReading]) {
        self.containers = containers
        self.finishedAt = finishedAt
        self.counters = counters
    }
}
