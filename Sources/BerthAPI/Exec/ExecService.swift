import BerthEngine

/// What stands behind the streams of ``ExecRoute``: an engine, or what a test puts in its place.
struct ExecService: Sendable {
    /// Takes the ticket that a stream shows; nil for one that does not hold.
    var admit: @Sendable (ExecRoute) -> ExecSession?

    init(admit: @escaping @Sendable (ExecRoute) -> ExecSession?) { self.admit = admit }

    init(_ engine: Engine) {
        admit = { route in
            guard let admission = engine.admitExec(sessionID: route.sessionID, token: route.token) else { return nil }
            return ExecSession(input: admission.input, terminal: admission.terminal) {
                try await engine.startExec(admission, size: route.size ?? Engine.usualWindow)
            }
        }
    }
}

/// An admitted session: one program, to be started once.
struct ExecSession: Sendable {
    /// Whether the program reads what the client sends.
    var input: Bool
    var terminal: Bool
    var start: @Sendable () async throws -> any ExecutedProgram
}
