/// What a task asks of its host, in the shape of the ECS API's `Attribute`; shown, not weighed: there is one host.
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

/// A rule for the choice of a host, in the shape of the ECS API's `PlacementConstraint`; refused on Fargate, without
/// effect elsewhere.
public struct PlacementConstraint: Codable, Equatable, Sendable {
    public var type: String?
    public var expression: String?

    public init() {}
}

/// Architecture and operating system, in the shape of the ECS API's `RuntimePlatform`; other than X86_64 and LINUX can
/// be registered, not run.
public struct RuntimePlatform: Codable, Equatable, Sendable {
    public var cpuArchitecture: String?
    public var operatingSystemFamily: String?

    public init() {}
}

/// An accelerator, in the shape of the ECS API's `InferenceAccelerator`; refused.
public struct InferenceAccelerator: Codable, Equatable, Sendable {
    public var deviceName: String?
    public var deviceType: String?

    public init() {}
}
