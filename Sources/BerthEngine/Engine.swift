import BerthModel

/// What should run, where and when. Every operation of the API ends here.
///
/// A refusal is thrown as ``ServiceError``, in AWS's words.
public final class Engine: Sendable {
    init() {}

    private func unfinished() -> ServiceError { .serverException("not built yet") }

    // Clusters
    public func createCluster(_ request: CreateClusterRequest) async throws -> Cluster { throw unfinished() }
    /// `names` are names or ARNs; empty means `default`.
    public func describeClusters(_ names: [String]) async throws -> (clusters: [Cluster], failures: [Failure]) { throw unfinished() }
    public func listClusters(maxResults: Int?, nextToken: String?) async throws -> Page<String> { throw unfinished() }

    // Task definitions
    /// `principal` is the caller's ARN, kept as `registeredBy`.
    public func registerTaskDefinition(_ request: RegisterTaskDefinitionRequest, principal: String) async throws -> TaskDefinitionResponse { throw unfinished() }
    /// `name` is `family`, `family:revision` or an ARN.
    public func describeTaskDefinition(_ name: String) async throws -> TaskDefinitionResponse { throw unfinished() }
    public func listTaskDefinitions(_ request: ListTaskDefinitionsRequest) async throws -> Page<String> { throw unfinished() }

    // Tasks
    public func runTask(_ request: RunTaskRequest, principal: String) async throws -> TasksResponse { throw unfinished() }
    public func describeTasks(cluster: String?, tasks: [String]) async throws -> TasksResponse { throw unfinished() }
    public func listTasks(_ request: ListTasksRequest) async throws -> Page<String> { throw unfinished() }
    public func stopTask(cluster: String?, task: String, reason: String?) async throws -> ECSTask { throw unfinished() }
    /// The task as it is now, then again after each change, until it is STOPPED; what `berth run` waits on.
    public func follow(task: String) async throws -> AsyncStream<ECSTask> { throw unfinished() }
    /// Tasks whose ARN or id begins with `prefix`, in any cluster, newest first.
    public func findTasks(prefix: String) async throws -> [ECSTask] { throw unfinished() }

    // Logs
    public func describeLogGroups(_ request: DescribeLogGroupsRequest) async throws -> Page<LogGroup> { throw unfinished() }
    public func describeLogStreams(_ request: DescribeLogStreamsRequest) async throws -> Page<LogStream> { throw unfinished() }
    public func getLogEvents(_ request: GetLogEventsRequest) async throws -> LogEventsPage { throw unfinished() }
    public func filterLogEvents(_ request: FilterLogEventsRequest) async throws -> Page<LogEvent> { throw unfinished() }
    /// Raw bytes of what the containers of a task print, from the start; ends when the task has stopped and all is read.
    /// With `follow` false it ends at what is there now. `container` nil means all containers, by order of arrival.
    public func taskOutput(task: String, container: String?, follow: Bool) async throws -> AsyncStream<TaskOutput> { throw unfinished() }

    // Images
    /// Imports an OCI layout directory, an oci-archive or a docker-archive at a path of this host.
    public func importImage(path: String, tag: String?) async throws -> [ImageSummary] { throw unfinished() }
    public func listImages() async throws -> [ImageSummary] { throw unfinished() }

    // Money
    /// What tasks cost, newest first; all tasks when `task` is nil.
    public func bill(task: String?) async throws -> [TaskBill] { throw unfinished() }
}
