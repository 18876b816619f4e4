/// A file of environment variables, in the shape of the ECS API's `EnvironmentFile`; can be registered, not run.
public struct EnvironmentFile: Codable, Equatable, Sendable {
    /// The ARN of an object of S3 whose name ends in `.env`.
    public var value: String?
    /// `s3`.
    public var type: String?

    public init() {}
}

/// A variable or log option whose value is a secret, in the shape of the ECS API's `Secret`; can be registered, not
/// run.
public struct Secret: Codable, Equatable, Sendable {
    public var name: String?
    /// The ARN of a secret or of a parameter, or a parameter's name.
    public var valueFrom: String?

    public init() {}
}

/// How a container is asked whether it is well, in the shape of the ECS API's `HealthCheck`; times in seconds. Can be
/// registered, not run.
public struct HealthCheck: Codable, Equatable, Sendable {
    /// Begins with `CMD` or `CMD-SHELL`, or is `NONE`.
    public var command: [String]?
    /// 5 to 300; nil means 30.
    public var interval: Int?
    /// 2 to 60; nil means 5.
    public var timeout: Int?
    /// 1 to 10; nil means 3.
    public var retries: Int?
    /// 0 to 300, in which failures do not count; nil means none.
    public var startPeriod: Int?

    public init() {}
}

/// Whether and when a container is restarted in place, in the shape of the ECS API's `ContainerRestartPolicy`; enabled,
/// it can be registered, not run.
public struct RestartPolicy: Codable, Equatable, Sendable {
    /// Compulsory.
    public var enabled: Bool?
    /// At most 50.
    public var ignoredExitCodes: [Int]?
    /// Seconds, 60 to 1800.
    public var restartAttemptPeriod: Int?

    public init() {}
}

/// What another container must have reached first, in the shape of the ECS API's `ContainerDependency`.
public struct ContainerDependency: Codable, Equatable, Sendable {
    public var containerName: String?
    /// `START`, `COMPLETE` or `SUCCESS`; `HEALTHY` can be registered, not run.
    public var condition: String?

    public init() {}
}

/// Where a container's output goes, in the shape of the ECS API's `LogConfiguration`.
public struct LogConfiguration: Codable, Equatable, Sendable {
    /// `awslogs`; AWS's others can be registered, not run.
    public var logDriver: String?
    /// Of `awslogs` those that AWS documents; any other is refused.
    public var options: [String: String]?
    /// Can be registered, not run.
    public var secretOptions: [Secret]?

    public init() {}
}

/// A log router, in the shape of the ECS API's `FirelensConfiguration`; can be registered, not run.
public struct FirelensConfiguration: Codable, Equatable, Sendable {
    /// `fluentd` or `fluentbit`.
    public var type: String?
    public var options: [String: String]?

    public init() {}
}

/// What opens a private registry, in the shape of the ECS API's `RepositoryCredentials`.
public struct RepositoryCredentials: Codable, Equatable, Sendable {
    /// The ARN or name of a secret.
    public var credentialsParameter: String?

    public init() {}
}

/// A GPU or another device, in the shape of the ECS API's `ResourceRequirement`; refused.
public struct ResourceRequirement: Codable, Equatable, Sendable {
    public var type: String?
    public var value: String?

    public init() {}
}
