import BerthModel
import BerthNetwork
import BerthStore

/// The tasks' network as an operator sees it; the JSON of `berth network show`.
public struct NetworkReport: Codable, Equatable, Sendable {
    /// What one task holds of it.
    public struct Member: Codable, Equatable, Sendable {
        /// Its id.
        public var task: String
        /// As its row has it.
        public var network: TaskNetwork
    }

    /// Nil where tasks have no network.
    public var status: NetworkStatus?
    /// Tasks that have not stopped, oldest address first.
    public var tasks: [Member]
}

extension Engine {
    /// What tasks hold of the network now.
    public func networkReport() async -> NetworkReport {
        let members = live.all.compactMap { task in
            task.dossier.network.map { NetworkReport.Member(task: task.id, network: $0) }
        }
        return NetworkReport(
            status: await (networks as? HostNetwork)?.status,
            tasks: members.sorted { left, right in
                (left.network.link?.ipv4.number ?? .max, left.task) < (
                    right.network.link?.ipv4.number ?? .max, right.task
                )
            })
    }

    /// What the tasks of a store hold that have not stopped, oldest first: to be known before anything is given to others. A
    /// row that cannot be read holds nothing: its task is ended.
    public static func networksHeld(in store: Store) async throws -> [HeldNetwork] {
        try await store.read { try $0.liveTasks() }.compactMap { row in
            (try? TaskDossier.decode(row.launch).network).map { HeldNetwork(task: row.task.id, $0) }
        }
    }
}
