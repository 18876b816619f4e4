import BerthEngine
import BerthModel

extension JSONService {
    static func executeCommandOperations(_ engine: Engine, _ permissions: RolePermissions) -> [String: JSONOperation] {
        [
            "ExecuteCommand": JSONOperation { (input: ExecuteCommandRequest, caller) in
                let ticket = try await engine.executeCommand(input) {
                    try permissions.checkPass(of: $0, by: caller.principal)
                }
                // The client reaches the stream where it reached the API.
                let host = caller.authority ?? "localhost"
                return ExecuteCommandReply(
                    task: ticket.task, container: ticket.task.containers[ticket.container],
                    session: .init(
                        sessionId: ticket.sessionID, streamUrl: "ws://\(host)\(ExecRoute.path(ticket.sessionID))",
                        tokenValue: ticket.token))
            }
        ]
    }
}
