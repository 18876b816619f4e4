import BerthModel
import BerthStore
import Foundation

extension Engine {
    /// Tasks as they are now; those that there are not are in `failures`.
    public func describeTasks(cluster: String?, tasks names: [String]) async throws -> TasksResponse {
        guard !names.isEmpty else { throw ServiceError.invalidParameter("Tasks cannot be empty.") }
        guard names.count <= 100 else { throw ServiceError.invalidParameter("Tasks can have at most 100 items.") }
        let cluster = try existingCluster(cluster)
        let asked = try names.map { try TaskName($0, account: configuration.account) }
        let found = try await tasks(ids: asked.map(\.id))
        var answer = TasksResponse(tasks: [], failures: [])
        let clusterARN = configuration.account.clusterARN(cluster)
        for (name, task) in zip(asked, found) {
            if let task, task.clusterArn == clusterARN, name.cluster == nil || name.cluster == cluster {
                answer.tasks.append(task)
            } else {
                let arn = configuration.account.taskARN(cluster: name.cluster ?? cluster, id: name.id)
                answer.failures.append(Failure(arn: arn, reason: "MISSING"))
            }
        }
        return answer
    }

    /// ARNs, newest first.
    public func listTasks(_ request: ListTasksRequest) async throws -> Page<String> {
        let cluster = try existingCluster(request.cluster)
        let size = try PageToken.pageSize(request.maxResults)
        // There are no services yet.
        if request.serviceName != nil {
            throw ServiceError(code: "ServiceNotFoundException", message: "Service not found.")
        }
        let before = try PageToken.after(request.nextToken, of: "ListTasks").flatMap(Int64.init)
        // There is one host, and it is no container instance.
        if request.containerInstance != nil { return Page(items: [], nextToken: nil) }
        // On ECS no task is ever wanted PENDING (API reference, ListTasks, `desiredStatus`).
        let desired = request.desiredStatus ?? .running
        guard desired == .running || desired == .stopped else { return Page(items: [], nextToken: nil) }
        let filter = TaskFilter(
            cluster: cluster, desired: desired, family: request.family, startedBy: request.startedBy,
            launchType: request.launchType)
        let rows = try await store.read { try $0.taskIDs(filter, before: before, limit: size + 1) }
        let page = rows.prefix(size)
        let token =
            rows.count > size ? page.last.map { PageToken(list: "ListTasks", after: String($0.cursor)).text } : nil
        return Page(items: page.map { configuration.account.taskARN(cluster: cluster, id: $0.id) }, nextToken: token)
    }

    /// Tasks whose ARN or id begins with `prefix`, in any cluster, newest first.
    ///
    /// - Parameter limit: the most to answer, so that an empty prefix is no danger.
    public func findTasks(prefix: String, limit: Int = 1000) async throws -> [ECSTask] {
        // An ARN is its id with something before it; what is not hexadecimal can begin no id.
        let id = prefix.hasPrefix("arn:") ? String(prefix.split(separator: "/").last ?? "") : prefix.lowercased()
        guard id.allSatisfy(\.isHexDigit) else { return [] }
        let rows = try await store.read { try $0.tasks(prefix: id, limit: limit) }
        return rows.map { live[$0.task.id]?.task ?? $0.task }.filter {
            !prefix.hasPrefix("arn:") || $0.taskArn.hasPrefix(prefix)
        }
    }

    /// Tasks that have not stopped, in any cluster, newest first: however many have stopped since they began.
    public func runningTasks() -> [ECSTask] {
        live.all.map(\.task).filter { $0.lastStatus != .stopped }.sorted { $0.createdAt > $1.createdAt }
    }

    /// Yields the task now, then again after each change, until it is STOPPED, and finishes: what `berth run` waits on.
    ///
    /// - Parameter states: whoever reads them may finish it sooner.
    /// - Throws: ``ServiceError/taskNotFound``.
    public func follow(task name: String, into states: AsyncStream<ECSTask>.Continuation) async throws {
        let id = try TaskName(name, account: configuration.account).id
        if let live = live[id] { return live.follow(into: states) }
        guard let row = try await store.read({ try $0.task(id) }) else { throw ServiceError.taskNotFound }
        states.yield(row.task)
        states.finish()
    }

    /// Tasks by id as they are now; nil for those that there are not.
    func tasks(ids: [String]) async throws -> [ECSTask?] {
        let living = ids.map { live[$0]?.task }
        let others = zip(ids, living).filter { $1 == nil }.map(\.0)
        if others.isEmpty { return living }
        let stored = try await store.read { reader in
            try others.reduce(into: [String: ECSTask]()) { $0[$1] = try reader.task($1)?.task }
        }
        return zip(ids, living).map { $1 ?? stored[$0] }
    }

    /// The name of a cluster that must be there.
    func existingCluster(_ name: String?) throws -> String {
        let name = try ClusterName.parse(name, account: configuration.account)
        guard zones.contains(cluster: name) else { throw ServiceError.clusterNotFound }
        return name
    }
}
