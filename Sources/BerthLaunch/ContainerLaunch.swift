import BerthConfinement
import CBerthPlan

/// One container of a task to launch.
public struct ContainerLaunch: Sendable {
    /// A condition on another container of the task.
    public struct Dependency: Equatable, Sendable {
        /// What the other container must have come to (Amazon ECS API reference, `ContainerDependency`); the numbers
        /// are the plan's.
        public enum Condition: UInt8, Sendable {
            /// Its program was executed.
            case start = 1
            /// It has ended, however.
            case complete = 2
            /// It has ended with exit code 0.
            case success = 3
        }
        /// Its index in the task.
        public var container: Int
        /// What it must have come to.
        public var condition: Condition
        /// - Parameter container: the other container's index in the task.
        public init(container: Int, condition: Condition) {
            self.container = container
            self.condition = condition
        }
    }

    /// Names its directory below the task's: one path component.
    public var name: String
    /// Layer directories, lowest first.
    public var layers: [String]
    /// The common parent of `layers`, cloned once with the ids of the task mapped.
    public var layersRoot: String
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
    /// Where the shim writes what the container prints, framed (``LogFrame``).
    public var logPath: String
    /// The end of an essential container ends the task.
    public var essential: Bool
    /// Whether nothing but its mounts can be written to.
    public var readonlyRootFilesystem: Bool
    /// The signal that asks it to stop; 15 unless the image says otherwise.
    public var stopSignal: Int32
    /// Seconds between the stop signal and SIGKILL.
    public var stopTimeout: Int
    /// All must come true before it starts; one that cannot any more means that it never does.
    public var dependencies: [Dependency]
    /// Whether our own init is its first process: it reaps all, forwards signals, and ends with the program's exit code, or
    /// 128 + the signal that ended it.
    public var initProcess = false
    /// What it calls its host, if that is not what the task says; at most 64 bytes (sethostname(2)).
    public var hostname: String?
    /// Files of the host's that are seen in it; at most 256.
    public var files: [BoundFile] = []
    /// Attached in this order.
    public var tmpfs: [TmpfsMount] = []
    /// The size of `/dev/shm`; Docker's default is 64 MiB.
    public var sharedMemoryBytes: UInt64 = 64 << 20
    /// Over ``ResourceLimit/standard``.
    public var limits: [ResourceLimit] = []
    /// Set in its own namespaces; which names are allowed is the definition's rule, not checked here.
    public var systemControls: [SystemControl] = []
    /// Whether it has a terminal; what it prints is logged as standard output then.
    public var terminal = false
    /// Whether its standard input stays open, with nothing to read, instead of being `/dev/null`.
    public var keepsInput = false

    /// The members without which no container runs; the others have defaults.
    public init(
        name: String, layers: [String], layersRoot: String, arguments: [String], environment: [String],
        workingDirectory: String, uid: UInt32, gid: UInt32, additionalGids: [UInt32], capabilities: CapabilitySet,
        seccomp: SeccompProgram, logPath: String, essential: Bool, readonlyRootFilesystem: Bool, stopSignal: Int32,
        stopTimeout: Int, dependencies: [Dependency]
    ) {
        self.name = name
        self.layers = layers
        self.layersRoot = layersRoot
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.uid = uid
        self.gid = gid
        self.additionalGids = additionalGids
        self.capabilities = capabilities
        self.seccomp = seccomp
        self.logPath = logPath
        self.essential = essential
        self.readonlyRootFilesystem = readonlyRootFilesystem
        self.stopSignal = stopSignal
        self.stopTimeout = stopTimeout
        self.dependencies = dependencies
    }
}

extension ContainerLaunch {
    /// The `PATH` of a container that says nothing of it, by which its programs are searched then: Docker's.
    public static let usualPath: String = BERTH_USUAL_PATH
}
