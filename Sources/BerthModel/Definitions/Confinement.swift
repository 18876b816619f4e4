/// What the kernel is told of a container, in the shape of the ECS API's `LinuxParameters`.
public struct LinuxParameters: Codable, Equatable, Sendable {
    public var capabilities: KernelCapabilities?
    /// Reaches into the host, so that no definition may have any.
    public var devices: [Device]?
    /// Nil means false.
    public var initProcessEnabled: Bool?
    /// MiB. Tasks never swap: above 0 a task is refused when it is run.
    public var maxSwap: Int?
    /// MiB of `/dev/shm`; nil and 0 mean the default.
    public var sharedMemorySize: Int?
    /// 0 to 100; without swap it has no effect.
    public var swappiness: Int?
    public var tmpfs: [Tmpfs]?

    public init() {}
}

/// Capabilities over the default set and out of it, named without `CAP_`; in the shape of the ECS API's
/// `KernelCapabilities`.
public struct KernelCapabilities: Codable, Equatable, Sendable {
    public var add: [String]?
    public var drop: [String]?

    public init() {}
}

/// A device of the host, in the shape of the ECS API's `Device`; refused.
public struct Device: Codable, Equatable, Sendable {
    public var hostPath: String?
    public var containerPath: String?
    public var permissions: [String]?

    public init() {}
}

/// A file system in memory, in the shape of the ECS API's `Tmpfs`.
public struct Tmpfs: Codable, Equatable, Sendable {
    public var containerPath: String?
    /// MiB.
    public var size: Int?
    public var mountOptions: [String]?

    public init() {}
}

/// A resource limit of a process (setrlimit(2)), in the shape of the ECS API's `Ulimit`.
public struct Ulimit: Codable, Equatable, Sendable {
    /// Without `RLIMIT_`, in small letters, for example `nofile`; at most once in a container.
    public var name: String?
    /// In the limit's own unit (setrlimit(2)); -1 is no limit. Compulsory, as is the hard one.
    public var softLimit: Int?
    public var hardLimit: Int?

    public init() {}
}

/// A sysctl, in the shape of the ECS API's `SystemControl`; only those that the kernel keeps for each network or IPC
/// namespace.
public struct SystemControl: Codable, Equatable, Sendable {
    /// Its name with dots, for example `net.core.somaxconn`.
    public var namespace: String?
    public var value: String?

    public init() {}
}
