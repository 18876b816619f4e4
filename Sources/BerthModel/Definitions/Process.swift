/// A file of environment variables.
public struct EnvironmentFile: Codable, Equatable, Sendable {
    public var value: String?
    public var type: String?

    public init() {}
}

/// A variable whose value is a secret.
public struct Secret: Codable, Equatable, Sendable {
    public var name: String?
    public var valueFrom: String?

    public init() {}
}

/// How a container is asked whether it is well; times in seconds.
public struct HealthCheck: Codable, Equatable, Sendable {
    public var command: [String]?
    public var interval: Int?
    public var timeout: Int?
    public var retries: Int?
    public var startPeriod: Int?

    public init() {}
}

/// Whether and when a container is restarted in place.
public struct RestartPolicy: Codable, Equatable, Sendable {
    public var enabled: Bool?
    public var ignoredExitCodes: [Int]?
    public var restartAttemptPeriod: Int?

    public init() {}
}

/// What another container must have reached first: START, COMPLETE, SUCCESS or HEALTHY.
public struct ContainerDependency: Codable, Equatable, Sendable {
    public var containerName: String?
    public var condition: String?

    public init() {}
}

/// Where a container's output goes.
public struct LogConfiguration: Codable, Equatable, Sendable {
    public var logDriver: String?
    public var options: [String: String]?
    public var secretOptions: [Secret]?

    public init() {}
}

/// A log router.
public struct FirelensConfiguration: Codable, Equatable, Sendable {
    public var type: String?
    public var options: [String: String]?

    public init() {}
}

/// The secret that opens a private registry.
public struct RepositoryCredentials: Codable, Equatable, Sendable {
    public var credentialsParameter: String?

    public init() {}
}

/// A GPU or another device count.
public struct ResourceRequirement: Codable, Equatable, Sendable {
    public var type: String?
    public var value: String?

    public init() {}
}
