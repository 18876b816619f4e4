/// What the kernel is told of a container.
public struct LinuxParameters: Codable, Equatable, Sendable {
    public var capabilities: KernelCapabilities?
    public var devices: [Device]?
    public var initProcessEnabled: Bool?
    public var maxSwap: Int?
    public var sharedMemorySize: Int?
    public var swappiness: Int?
    public var tmpfs: [Tmpfs]?

    public init() {}
}

/// Capabilities added to and dropped from the default set.
public struct KernelCapabilities: Codable, Equatable, Sendable {
    public var add: [String]?
    public var drop: [String]?

    public init() {}
}

/// A device of the host.
public struct Device: Codable, Equatable, Sendable {
    public var hostPath: String?
    public var containerPath: String?
    public var permissions: [String]?

    public init() {}
}

/// A file system in memory; size in MiB.
public struct Tmpfs: Codable, Equatable, Sendable {
    public var containerPath: String?
    public var size: Int?
    public var mountOptions: [String]?

    public init() {}
}

/// A resource limit of the process.
public struct Ulimit: Codable, Equatable, Sendable {
    public var name: String?
    public var softLimit: Int?
    public var hardLimit: Int?

    public init() {}
}

/// A namespaced sysctl.
public struct SystemControl: Codable, Equatable, Sendable {
    public var namespace: String?
    public var value: String?

    public init() {}
}
