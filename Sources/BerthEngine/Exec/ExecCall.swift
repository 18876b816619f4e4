import BerthModel

/// A call to run a further program in a running container, checked by ``Engine/openExec(_:)``.
public struct ExecCall: Sendable {
    /// The task's id or ARN.
    public var task: String
    /// Where the task must be; nil takes the task's own.
    public var cluster: String?
    /// Nil means the only one.
    public var container: String?
    /// The program and its arguments; no shell reads them.
    public var command: [String]
    /// As a task definition names one; nil is the container's own.
    public var user: String?
    /// Nil is the container's own.
    public var workingDirectory: String?
    /// Set over the container's own.
    public var environment: [KeyValuePair] = []
    /// Whether it runs at a terminal of its own.
    public var terminal = false
    /// Whether it reads what the caller sends; otherwise its standard input ends at once.
    public var input = false

    public init(task: String, command: [String]) {
        self.task = task
        self.command = command
    }
}

/// What opens the stream of one session, once.
public struct ExecTicket: Sendable {
    /// `ecs-execute-command-` and 17 characters, as on ECS.
    public var sessionID: String
    /// 256 random bits in hexadecimal; a secret.
    public var token: String
    /// The task as it is, and the index of the container in it.
    public var task: ECSTask
    /// Index of the container in the task.
    public var container: Int
}
