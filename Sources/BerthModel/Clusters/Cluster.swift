/// A namespace for tasks, and the unit that usage reports hang on; the ECS API's `Cluster`.
public struct Cluster: Codable, Equatable, Sendable {
    public var clusterArn: String
    public var clusterName: String
    /// `ACTIVE`: no call ends a cluster.
    public var status: String = "ACTIVE"
    /// 0 for ever, as on Fargate: the host is no container instance.
    public var registeredContainerInstancesCount: Int = 0
    /// Counted when the cluster is described, as is ``pendingTasksCount``; the store keeps neither.
    public var runningTasksCount: Int = 0
    public var pendingTasksCount: Int = 0
    /// There are no services.
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
    /// Nil means `default`.
    public var clusterName: String?
    public var tags: [Tag]?
    public var settings: [ClusterSetting]?
    public var capacityProviders: [String]?
    public var defaultCapacityProviderStrategy: [CapacityProviderStrategyItem]?
    public init() {}
}
