/// An attribute that a host must have.
public struct Attribute: Codable, Equatable, Sendable {
    public var name: String?
    public var value: String?
    public var targetType: String?
    public var targetId: String?

    public init(name: String? = nil, value: String? = nil) {
        self.name = name
        self.value = value
    }
}

/// A rule for the choice of a host.
public struct PlacementConstraint: Codable, Equatable, Sendable {
    public var type: String?
    public var expression: String?

    public init() {}
}

/// Architecture and operating system.
public struct RuntimePlatform: Codable, Equatable, Sendable {
    public var cpuArchitecture: String?
    public var operatingSystemFamily: String?

    public init() {}
}

/// An accelerator; refused.
public struct InferenceAccelerator: Codable, Equatable, Sendable {
    public var deviceName: String?
    public var deviceType: String?

    public init() {}
}
