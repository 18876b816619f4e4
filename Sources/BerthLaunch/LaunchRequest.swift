import BerthCgroups
import BerthConfinement

/// A task as the launch library sees it: everything resolved, nothing left to look up.
public struct LaunchRequest: Sendable {
    /// 32 hexadecimal digits.
    public var id: String
    /// The task's own directory: the shim keeps its socket, marker and record here; `containers/<name>/` holds the
    /// upper and work directories.
    public var directory: String
    public var hostname: String
    public var cgroup: TaskCgroup
    /// The first host id that container root and the 65,535 ids after it are mapped to; nil for no user namespace.
    public var hostIDBase: UInt32?
    public var containers: [ContainerLaunch]

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
}

/// One container of a task to launch.
public struct ContainerLaunch: Sendable {
    /// A condition on another container of the task.
    public struct Dependency: Equatable, Sendable {
        public enum Condition: UInt8, Sendable {
            case start = 1
            case complete = 2
            case success = 3
        }
        public var container: Int
        public var condition: Condition
        public init(container: Int, condition: Condition) {
            self.container = container
            self.condition = condition
        }
    }

    public var name: String
    /// Layer directories, lowest first.
    public var layers: [String]
    /// The common parent of `layers`, cloned once with the ids of the task mapped.
    public var layersRoot: String
    public var arguments: [String]
    public var environment: [String]
    public var workingDirectory: String
    public var uid: UInt32
    public var gid: UInt32
    public var additionalGids: [UInt32]
    public var capabilities: CapabilitySet
    public var seccomp: SeccompProgram
    /// Where the shim writes what the container prints, framed (``LogFrame``).
    public var logPath: String
    /// The end of an essential container ends the task.
    public var essential: Bool
    public var readonlyRootFilesystem: Bool
    /// The signal that asks it to stop; 15 unless the image says otherwise.
    public var stopSignal: Int32
    /// Seconds between the stop signal and SIGKILL.
    public var stopTimeout: Int
    public var dependencies: [Dependency]

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
