/// A volume of a task.
public struct Volume: Codable, Equatable, Sendable {
    public var name: String?
    public var host: HostVolume?
    public var dockerVolumeConfiguration: DockerVolumeConfiguration?
    public var efsVolumeConfiguration: EFSVolumeConfiguration?
    public var fsxWindowsFileServerVolumeConfiguration: FSxVolumeConfiguration?
    public var s3filesVolumeConfiguration: S3FilesVolumeConfiguration?
    public var configuredAtLaunch: Bool?

    public init() {}
}

/// A directory of the host.
public struct HostVolume: Codable, Equatable, Sendable {
    public var sourcePath: String?

    public init() {}
}

/// A volume of a Docker driver.
public struct DockerVolumeConfiguration: Codable, Equatable, Sendable {
    public var scope: String?
    public var autoprovision: Bool?
    public var driver: String?
    public var driverOpts: [String: String]?
    public var labels: [String: String]?

    public init() {}
}

/// An EFS file system.
public struct EFSVolumeConfiguration: Codable, Equatable, Sendable {
    public var fileSystemId: String?
    public var rootDirectory: String?
    public var transitEncryption: String?
    public var transitEncryptionPort: Int?
    public var authorizationConfig: EFSAuthorizationConfig?

    public init() {}
}

/// How an EFS file system is opened.
public struct EFSAuthorizationConfig: Codable, Equatable, Sendable {
    public var accessPointId: String?
    public var iam: String?

    public init() {}
}

/// Where a volume appears in a container.
public struct MountPoint: Codable, Equatable, Sendable {
    public var sourceVolume: String?
    public var containerPath: String?
    public var readOnly: Bool?

    public init() {}
}

/// The mounts of another container.
public struct VolumeFrom: Codable, Equatable, Sendable {
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
