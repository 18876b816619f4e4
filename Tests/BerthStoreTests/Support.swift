import BerthModel
import BerthStore
import Foundation

/// A directory that goes with the test.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/berth-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

let account = Account(region: "us-east-1", id: "123456789012")

func makeTask(_ number: Int, startedBy: String? = nil) -> ECSTask {
    let id = String(repeating: "0", count: 24) + String(format: "%08x", number)
    var task = ECSTask(
        taskArn: account.taskARN(cluster: "default", id: id), clusterArn: account.clusterARN("default"),
        taskDefinitionArn: account.taskDefinitionARN(family: "etl", revision: 1), containers: [], cpu: "256",
        memory: "512",
        group: "family:etl", overrides: TaskOverride(), createdAt: Date(timeIntervalSince1970: 1_700_000_000.125))
    task.startedBy = startedBy
    return task
}

func makeDefinition(_ family: String, _ revision: Int) throws -> TaskDefinition {
    let json = """
        {"taskDefinitionArn": "\(account.taskDefinitionARN(family: family, revision: revision))", "family": "\(family)",
         "revision": \(revision), "status": "ACTIVE", "containerDefinitions": [], "volumes": [],
         "placementConstraints": []}
        """
    return try JSONDecoder().decode(TaskDefinition.self, from: Data(json.utf8))
}

func makeStopped(_ task: ECSTask) -> ECSTask {
    var task = task
    task.lastStatus = .stopped
    task.desiredStatus = .stopped
    task.stoppedAt = task.createdAt.addingTimeInterval(60)
    return task
}

/// A store with the cluster `default`, in a directory of its own.
func withStore(_ body: (Store) async throws -> Void) async throws {
    let directory = try TemporaryDirectory()
    let store = try Store(path: directory.path + "/berth.db")
    let cluster = Cluster(clusterArn: account.clusterARN("default"), clusterName: "default")
    _ = try await store.write { try $0.addCluster(cluster, now: 0) }
    try await body(store)
    withExtendedLifetime(directory) {}
}
