import BerthEngine
import BerthModel
import Hummingbird

extension NativeCall {
    func openExec(_ engine: Engine, _ permissions: RolePermissions) async throws -> Response {
        let input = try WireJSON.decode(OpenExecRequest.self, from: body)
        var call = ExecCall(task: input.task, command: input.command)
        call.container = input.container
        call.user = input.user
        call.workingDirectory = input.workingDirectory
        call.environment = input.environment ?? []
        call.terminal = input.terminal ?? false
        call.input = input.input ?? false
        let ticket = try await engine.openExec(call) { [caller] in
            try permissions.checkPass(of: $0, by: caller.principal)
        }
        return try reply(
            OpenExecReply(
                sessionId: ticket.sessionID, path: ExecRoute.path(ticket.sessionID), token: ticket.token))
    }

    /// A stream that was not opened: it lacks the upgrade, or its token does not hold.
    func refuseExecStream() throws -> Response {
        throw RequestFault.accessDenied(
            "The stream needs an upgrade to a WebSocket, and the token of its session, which holds once and for a minute."
        )
    }
}
