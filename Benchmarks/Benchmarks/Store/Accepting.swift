import BerthModel
import BerthStore
import Foundation
import Samples
import Synchronization

/// A store in a directory that goes with it, in which tasks are written down as RunTask does before it answers.
final class Accepting: Sendable {
    private let directory: String
    private let store: Store
    private let sample: ECSTask
    /// About the size of what the engine adds for itself.
    private let launch = Data(repeating: UInt8(ascii: "x"), count: 1500)
    private let count = Atomic(0)

    init(below directory: String) async throws {
        self.directory = "\(directory)/berth-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: self.directory, withIntermediateDirectories: true)
        store = try Store(path: self.directory + "/berth.db")
        sample = try Samples.task(0)
        let cluster = Cluster(clusterArn: Samples.account.clusterARN("nightly"), clusterName: "nightly")
        _ = try await store.write { try $0.addCluster(cluster, now: 0) }
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// As many calls at the same time.
    func accept(_ count: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { calls in
            for _ in 0..<count { calls.addTask { try await self.acceptOne() } }
            try await calls.waitForAll()
        }
    }

    /// Writes one more task down; returns once it is durable.
    func acceptOne() async throws {
        let number = count.add(1, ordering: .relaxed).newValue
        var task = sample
        task.taskArn = Samples.account.taskARN(cluster: "nightly", id: UUID().uuidString)
        let row = StoredTask(task: task, launch: launch)
        let streams = task.containers.map {
            StoredLogStream(
                group: "/etl/nightly", name: "run/\($0.name)/\(row.task.id)", task: row.task.id, container: $0.name,
                path: "/var/lib/berth/logs/\(row.task.id)-\($0.name).log", created: 1_700_000_000_000)
        }
        try await store.write { writer in
            try writer.addTask(row, cluster: "nightly", family: "etl")
            try writer.addNetworkLease("10.\(number >> 16).\(number >> 8 & 255).\(number & 255)", task: row.task.id)
            for stream in streams {
                try writer.ensureLogGroup(stream.group, now: stream.created)
                try writer.addLogStream(stream)
            }
        }
    }
}
