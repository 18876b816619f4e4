import BerthModel
import Foundation

extension StoreReader {
    /// The cluster of a name; its counters are not kept here.
    public func cluster(_ name: String) throws -> Cluster? {
        guard let row = try row("SELECT document FROM clusters WHERE name = ?", [name]) else { return nil }
        return try Document.decode(Cluster.self, row[0])
    }

    /// Names of clusters in alphabetical order, those after `after`.
    public func clusterNames(after: String?, limit: Int) throws -> [String] {
        try rows("SELECT name FROM clusters WHERE name > ? ORDER BY name LIMIT ?", [after ?? "", limit]).map { $0[0] }
    }
}

extension StoreWriter {
    /// Keeps a cluster, unless one of its name is there: then that one is the answer.
    public func addCluster(_ cluster: Cluster, now: Int64) throws -> Cluster {
        if let present = try reader.cluster(cluster.clusterName) { return present }
        try execute(
            "INSERT INTO clusters (name, created, document) VALUES (?, ?, ?)",
            [cluster.clusterName, now, try Document.encode(cluster)])
        return cluster
    }
}
