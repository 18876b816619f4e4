/// A namespace for tasks, and the unit that usage reports hang on; the ECS API's `Cluster`.
public struct Cluster: Codable, Equatable, Sendable {
    public var clusterArn: String
    public var clusterName: String
    public var status: String = "ACTIVE"
    public var registeredContainerInstancesCount: Int = 0
    public var runningTasksCount: Int = 0
    public var pendingTasksCount: Int = 0
    public var activeServicesCount: Int = 0
    public var statistics: [KeyValuePair] = []
    public var tags: [Tag] = []
    public var settings: [ClusterSetting] = []
    public var capacityProviders: [String] = []
    public var defaultCapacityProviderStrategy: [CapacityProviderStrategyItem] = []

    public init(clusterArn: String, clusterName: String) {
        self.clusterArn = clusterArn
        self.clusterName = clusterName
    }
}

/// A setting of a cluster, such as `containerInsights`.
public struct ClusterSetting: Codable, Equatable, Sendable {
    public var name: String?
    public var value: String?
    public init(name: String?, value: String?) {
        self.name = name
        self.value = value
    }
}

/// ECS CreateCluster.
public struct CreateClusterRequest: Codable, Equatable, Sendable {
    public var clusterName: String?
    public var tags: [Tag]?
    public var settings: [ClusterSetting]?
    public var capacityProviders: [String]?
    public var defaultCapacityProviderStrategy: [CapacityProviderStrategyItem]?
    public init() {}
}
