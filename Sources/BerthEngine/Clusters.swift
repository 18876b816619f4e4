import BerthModel
import BerthStore
import Foundation

extension Engine {
    /// Makes a cluster, or answers the one that has the name already.
    public func createCluster(_ request: CreateClusterRequest) async throws -> Cluster {
        let name = try ClusterName.validated(request.clusterName ?? ClusterName.default)
        try TagRules.check(request.tags)
        var cluster = Cluster(clusterArn: configuration.account.clusterARN(name), clusterName: name)
        cluster.tags = request.tags ?? []
        cluster.settings = request.settings ?? [ClusterSetting(name: "containerInsights", value: "disabled")]
        cluster.capacityProviders = request.capacityProviders ?? []
        cluster.defaultCapacityProviderStrategy = request.defaultCapacityProviderStrategy ?? []
        let new = cluster
        let kept = try await store.write { try $0.addCluster(new, now: Date().milliseconds) }
        zones.add(kept.clusterName)
        return counted(kept)
    }

    /// `names` are names or ARNs; empty means `default`.
    public func describeClusters(_ names: [String]) async throws -> (clusters: [Cluster], failures: [Failure]) {
        let asked = names.isEmpty ? [ClusterName.default] : names
        guard asked.count <= 100 else { throw ServiceError.invalidParameter("Clusters can have at most 100 items.") }
        let account = configuration.account
        let found = try await store.read { reader in
            try asked.map { name in
                // Another account's ARN and a name that none can have are missing like any other.
                try (try? ClusterName.parse(name, account: account)).flatMap { try reader.cluster($0) }
            }
        }
        var clusters: [Cluster] = []
        var failures: [Failure] = []
        for (name, cluster) in zip(asked, found) {
            if let cluster {
                clusters.append(counted(cluster))
            } else {
                failures.append(
                    Failure(arn: name.hasPrefix("arn:") ? name : account.clusterARN(name), reason: "MISSING"))
            }
        }
        return (clusters, failures)
    }

    /// ARNs in the order of their names, a page at a time.
    ///
    /// - Parameter maxResults: 1 to 100; 100 when nil.
    public func listClusters(maxResults: Int?, nextToken: String?) async throws -> Page<String> {
        let size = try PageToken.pageSize(maxResults)
        let after = try PageToken.after(nextToken, of: "ListClusters")
        let names = try await store.read { try $0.clusterNames(after: after, limit: size + 1) }
        let token = names.count > size ? PageToken(list: "ListClusters", after: names[size - 1]).text : nil
        return Page(items: names.prefix(size).map { configuration.account.clusterARN($0) }, nextToken: token)
    }

    /// With its counters, which are of this moment.
    private func counted(_ cluster: Cluster) -> Cluster {
        var cluster = cluster
        for live in self.live.all where live.cluster == cluster.clusterName {
            switch live.task.lastStatus {
            case .running: cluster.runningTasksCount += 1
            case .provisioning, .pending, .activating: cluster.pendingTasksCount += 1
            default: break
            }
        }
        return cluster
    }
}
