/// A volume of a task, in the shape of the ECS API's `Volume`. Tasks cannot be run with any: definitions that have them
/// can be registered as far as the members below are not refused.
public struct Volume: Codable, Equatable, Sendable {
    public var name: String?
    public var host: HostVolume?
    public var dockerVolumeConfiguration: DockerVolumeConfiguration?
    public var efsVolumeConfiguration: EFSVolumeConfiguration?
    public var fsxWindowsFileServerVolumeConfiguration: FSxVolumeConfiguration?
    public var s3filesVolumeConfiguration: S3FilesVolumeConfiguration?
    /// Whether a RunTask call gives its configuration; at most one volume of a definition.
    public var configuredAtLaunch: Bool?

    public init() {}
}

/// A directory of the host, in the shape of the ECS API's `HostVolumeProperties`.
public struct HostVolume: Codable, Equatable, Sendable {
    /// Refused; nil for one that is made for the task.
    public var sourcePath: String?

    public init() {}
}

/// A volume of a Docker driver, in the shape of the ECS API's `DockerVolumeConfiguration`; refused.
public struct DockerVolumeConfiguration: Codable, Equatable, Sendable {
    public var scope: String?
    public var autoprovision: Bool?
    public var driver: String?
    public var driverOpts: [String: String]?
    public var labels: [String: String]?

    public init() {}
}

/// An EFS file system, in the shape of the ECS API's `EFSVolumeConfiguration`.
public struct EFSVolumeConfiguration: Codable, Equatable, Sendable {
    /// Compulsory.
    public var fileSystemId: String?
    /// Nil means `/`; nothing else with an access point.
    public var rootDirectory: String?
    /// `ENABLED` or `DISABLED`; a port, an access point and IAM need the first.
    public var transitEncryption: String?
    public var transitEncryptionPort: Int?
    public var authorizationConfig: EFSAuthorizationConfig?

    public init() {}
}

/// How an EFS file system is opened, in the shape of the ECS API's `EFSAuthorizationConfig`.
public struct EFSAuthorizationConfig: Codable, Equatable, Sendable {
    public var accessPointId: String?
    /// `ENABLED` or `DISABLED`.
    public var iam: String?

    public init() {}
}

/// Where a volume appears in a container, in the shape of the ECS API's `MountPoint`.
public struct MountPoint: Codable, Equatable, Sendable {
    /// The name of one of the task's volumes.
    public var sourceVolume: String?
    public var containerPath: String?
    public var readOnly: Bool?

    public init() {}
}

/// The mounts of another container, in the shape of the ECS API's `VolumeFrom`.
public struct VolumeFrom: Codable, Equatable, Sendable {
    /// The name of a container of the task.
    public var sourceContainer: String?
    public var readOnly: Bool?

    public init() {}
}

/// An FSx for Windows file system; refused.
public struct FSxVolumeConfiguration: Codable, Equatable, Sendable {
    public var fileSystemId: String?
    public var rootDirectory: String?

    public init() {}
}

/// An S3 Files file system; refused.
public struct S3FilesVolumeConfiguration: Codable, Equatable, Sendable {
    public var fileSystemArn: String?
    public var rootDirectory: String?

    public init() {}
}
