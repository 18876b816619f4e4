import Foundation

/// A RunTask call that was answered under a client token.
public struct AnsweredCall: Equatable, Sendable {
    /// A digest of the call's parameters.
    public var request: String
    /// The ids of the tasks it started.
    public var tasks: [String]
    public init(request: String, tasks: [String]) {
        self.request = request
        self.tasks = tasks
    }
}

extension StoreReader {
    /// The call that was answered under `token`.
    public func answeredCall(token: String) throws -> AnsweredCall? {
        guard let row = try row("SELECT request, tasks FROM client_tokens WHERE token = ?", [token]) else { return nil }
        return AnsweredCall(request: row[0], tasks: try Document.decode([String].self, row[1]))
    }
}

extension StoreWriter {
    /// Remembers the answer to a call.
    public func addAnsweredCall(_ call: AnsweredCall, token: String, now: Int64) throws {
        try execute(
            "INSERT INTO client_tokens VALUES (?, ?, ?, ?)",
            [token, call.request, try Document.encode(call.tasks), now])
    }

    /// Forgets calls answered before a time, in milliseconds since 1970.
    public func removeAnsweredCalls(before time: Int64) throws {
        try execute("DELETE FROM client_tokens WHERE created < ?", [time])
    }
}
