/// A refusal as AWS words it: an error code of the service model and its text.
///
/// The API writes it as `{"__type": code, "message": message}` with HTTP status 400, or 500 for
/// ``serverException(_:)``.
public struct ServiceError: Error, Equatable, Sendable {
    /// The code of the service model, for example `InvalidParameterException`.
    public var code: String
    /// One fault, or the first as AWS words it and the others after it.
    public var message: String
    /// The member `resourceIds` of `ConflictException`; empty elsewhere.
    public var resourceIds: [String]

    public init(code: String, message: String, resourceIds: [String] = []) {
        self.code = code
        self.message = message
        self.resourceIds = resourceIds
    }

    /// ECS: a parameter of the request breaks a rule.
    public static func invalidParameter(_ message: String) -> ServiceError {
        ServiceError(code: "InvalidParameterException", message: message)
    }

    /// ECS: the caller asked for what cannot be done; also how a task definition is refused.
    public static func client(_ message: String) -> ServiceError {
        ServiceError(code: "ClientException", message: message)
    }

    /// ECS: the named cluster does not exist.
    public static let clusterNotFound = ServiceError(code: "ClusterNotFoundException", message: "Cluster not found.")

    /// Any service: the fault is Berth's own.
    public static func serverException(_ message: String) -> ServiceError {
        ServiceError(code: "ServerException", message: message)
    }
}
