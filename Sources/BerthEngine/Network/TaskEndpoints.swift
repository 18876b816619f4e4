import BerthModel
import Foundation

/// The names under which a task's containers ask Berth about themselves. Nobody can guess one (122 random bits), because
/// a task in the host's network is known by nothing else.
struct TaskEndpoints: Codable, Equatable, Sendable {
    /// By container, as UUIDs.
    var containers: [String]
    /// Of the credentials of the task's role; nil without a role.
    var credentials: String?

    /// New ones.
    init(containers count: Int, hasRole: Bool) {
        containers = (0..<count).map { _ in RandomID.uuid() }
        credentials = hasRole ? RandomID.uuid() : nil
    }
}

/// A task's wish not to be stopped by a scheduler. A user's StopTask stops it all the same, as on ECS.
struct TaskProtection: Codable, Equatable, Sendable {
    var expires: Date
}

extension TaskEndpoints {
    /// Where a task's requests go, in SDKs a constant.
    static let address = "169.254.170.2"

    /// The variables that tell a container where to ask (Amazon ECS developer guide, "Task metadata endpoint version 4",
    /// "Task IAM role").
    func variables(container: Int) -> [(String, String)] {
        guard containers.indices.contains(container) else { return [] }
        let id = containers[container]
        var variables = [
            ("ECS_CONTAINER_METADATA_URI_V4", "http://\(Self.address)/v4/\(id)"),
            ("ECS_CONTAINER_METADATA_URI", "http://\(Self.address)/v3/\(id)"),
            ("ECS_AGENT_URI", "http://\(Self.address)/api/\(id)"),
        ]
        if let credentials {
            variables.append(("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/\(credentials)"))
        }
        return variables
    }
}

extension TaskNetwork {
    /// Whether its containers can ask: they have a link, or are in the host's network.
    var reachesEndpoints: Bool { link != nil || mode == .host }
}
