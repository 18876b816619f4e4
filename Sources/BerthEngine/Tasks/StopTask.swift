import BerthModel
import BerthStore

extension Engine {
    /// Asks a task to stop; one that has stopped is answered as it is.
    ///
    /// When this returns, the wish is on disk: a daemon that starts after a crash goes on with it.
    public func stopTask(cluster: String?, task name: String, reason: String?) async throws -> ECSTask {
        let cluster = try existingCluster(cluster)
        let name = try TaskName(name, account: configuration.account)
        guard name.cluster == nil || name.cluster == cluster else { throw ServiceError.taskNotFound }
        guard let live = live[name.id] else {
            guard let row = try await store.read({ try $0.task(name.id) }),
                row.task.clusterArn == configuration.account.clusterARN(cluster)
            else { throw ServiceError.taskNotFound }
            return row.task
        }
        guard live.cluster == cluster else { throw ServiceError.taskNotFound }
        let task = live.requestStop(reason: reason)
        let row = StoredTask(task: task, launch: try live.dossier.encoded())
        try await store.write { _ = try $0.updateTask(row) }
        return task
    }
}
