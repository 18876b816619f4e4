import Foundation

/// ECS ExecuteCommand.
public struct ExecuteCommandRequest: Codable, Equatable, Sendable {
    /// Name or ARN; nil means `default`.
    public var cluster: String?
    /// Needed when the task has several containers.
    public var container: String?
    /// One line, cut into words by ``CommandWords``.
    public var command: String?
    /// ECS knows no other way: true.
    public var interactive: Bool?
    /// Id or ARN.
    public var task: String?
    public init() {}
}

/// What ExecuteCommand answers.
public struct ExecuteCommandReply: Codable, Equatable, Sendable {
    /// Where the call's stream is, in the shape of the ECS API's `Session`; Session Manager's plugin connects to it.
    public struct Session: Codable, Equatable, Sendable {
        public var sessionId: String
        /// A WebSocket's URL.
        public var streamUrl: String
        /// Opens the stream, once and not for long.
        public var tokenValue: String

        public init(sessionId: String, streamUrl: String, tokenValue: String) {
            self.sessionId = sessionId
            self.streamUrl = streamUrl
            self.tokenValue = tokenValue
        }
    }

    public var clusterArn: String
    public var containerArn: String
    public var containerName: String
    public var interactive: Bool
    public var session: Session
    public var taskArn: String

    public init(task: ECSTask, container: Container, session: Session) {
        clusterArn = task.clusterArn
        containerArn = container.containerArn
        containerName = container.name
        interactive = true
        self.session = session
        taskArn = task.taskArn
    }
}

/// What runs beside a container's program to serve the API, in the shape of the ECS API's `ManagedAgent`. Here it is
/// Berth itself: there is no agent in the container.
public struct ManagedAgent: Codable, Equatable, Sendable {
    public var name: String
    /// `PENDING`, `RUNNING` or `STOPPED`.
    public var lastStatus: String
    /// When the container last started; nil before.
    public var lastStartedAt: Date?
    public var reason: String?

    /// The one that ExecuteCommand needs.
    public static let executeCommand = ManagedAgent(name: "ExecuteCommandAgent", lastStatus: "PENDING")
}

extension ServiceError {
    /// ECS: ExecuteCommand without ``ExecuteCommandRequest/interactive``.
    public static let onlyInteractive = ServiceError.invalidParameter(
        "Interactive is the only mode supported currently.")

    /// ECS: the task was run without `enableExecuteCommand`, or does not run.
    public static let executeCommandDisabled = ServiceError.invalidParameter(
        "The execute command failed because execute command was not enabled when the task was run or the execute "
            + "command agent isn’t running. Wait and try again or run a new task with execute command enabled and try "
            + "again.")

    /// ECS: who watches the task cannot be reached.
    public static let targetNotConnected = ServiceError(
        code: "TargetNotConnectedException",
        message: "The execute command failed due to an internal error. Try again later.")
}
