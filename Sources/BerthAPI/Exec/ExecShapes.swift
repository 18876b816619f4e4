import BerthModel

/// `POST /berth/v1/exec`: opens a session.
public struct OpenExecRequest: Codable, Equatable, Sendable {
    /// The task's id or ARN.
    public var task: String
    /// Needed when the task has several containers.
    public var container: String?
    /// The program and its arguments; no shell reads them.
    public var command: [String]
    /// As a task definition names one; the container's own otherwise.
    public var user: String?
    /// Absolute; the container's own otherwise.
    public var workingDirectory: String?
    /// Set over the container's own.
    public var environment: [KeyValuePair]?
    /// Whether the program runs at a terminal.
    public var terminal: Bool?
    /// Whether it reads what the client sends.
    public var input: Bool?

    public init(task: String, command: [String]) {
        self.task = task
        self.command = command
    }
}

/// What it answers: where the stream is, and what opens it, once and within a minute.
public struct OpenExecReply: Codable, Equatable, Sendable {
    public var sessionId: String
    /// The stream's path on the same server.
    public var path: String
    /// A secret: it goes into `Authorization` and never into an address (``ExecRoute``).
    public var token: String

    public init(sessionId: String, path: String, token: String) {
        self.sessionId = sessionId
        self.path = path
        self.token = token
    }
}
