import BerthModel
import BerthStore

extension Engine {
    /// The streams that a new task writes, one a container.
    ///
    /// `awslogs` options name group and stream as on AWS. There is no call to make a group yet, so that a group that is
    /// named is made, with or without `awslogs-create-group`: otherwise hardly a definition written for AWS would
    /// start. A container without a log driver writes to `/berth/<family>`.
    func logStreams(of task: LiveTask, now: Int64) -> [StoredLogStream] {
        task.settings.containers.map { container in
            let options = container.awslogs
            return StoredLogStream(
                group: options?.group ?? "/berth/\(task.family)",
                name: options?.streamName(container: container.name, taskID: task.id) ?? "\(container.name)/\(task.id)",
                task: task.id, container: container.name, path: preparation.logPath(task.id, container.name),
                created: now)
        }
    }
}
