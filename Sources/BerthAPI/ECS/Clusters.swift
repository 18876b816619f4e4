import BerthEngine
import BerthModel

extension JSONService {
    static func clusterOperations(_ engine: Engine) -> [String: JSONOperation] {
        [
            "CreateCluster": JSONOperation { (input: CreateClusterRequest, _) in
                CreateClusterReply(cluster: try await engine.createCluster(input))
            },
            "DescribeClusters": JSONOperation { (input: DescribeClustersRequest, _) in
                let found = try await engine.describeClusters(input.clusters ?? [])
                return DescribeClustersReply(
                    clusters: found.clusters.map { input.pruned($0) }, failures: found.failures)
            },
            "ListClusters": JSONOperation { (input: ListClustersRequest, _) in
                let page = try await engine.listClusters(maxResults: input.maxResults, nextToken: input.nextToken)
                return ListClustersReply(clusterArns: page.items, nextToken: page.nextToken)
            },
        ]
    }
}

private struct CreateClusterReply: Encodable {
    var cluster: Cluster
}

struct DescribeClustersRequest: Decodable {
    var clusters: [String]?
    /// `TAGS`, `SETTINGS`, `STATISTICS`, `CONFIGURATIONS`, `ATTACHMENTS`.
    var include: [String]?

    /// A cluster without what was not asked for: the lists stay, empty, as AWS leaves them.
    func pruned(_ cluster: Cluster) -> Cluster {
        var cluster = cluster
        let include = include ?? []
        if !include.contains("TAGS") { cluster.tags = [] }
        if !include.contains("SETTINGS") { cluster.settings = [] }
        if !include.contains("STATISTICS") { cluster.statistics = [] }
        return cluster
    }
}

private struct DescribeClustersReply: Encodable {
    var clusters: [Cluster]
    var failures: [Failure]
}

private struct ListClustersRequest: Decodable {
    var maxResults: Int?
    var nextToken: String?
}

private struct ListClustersReply: Encodable {
    var clusterArns: [String]
    var nextToken: String?
}
