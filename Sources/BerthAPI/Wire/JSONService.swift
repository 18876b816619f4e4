import Hummingbird

/// A service of the AWS JSON 1.1 protocol.
struct JSONService: Sendable {
    /// What stands before the dot in `X-Amz-Target`.
    var target: String
    /// The service's name in a credential scope.
    var name: String
    /// By name, for example `RunTask`.
    var operations: [String: JSONOperation]
}

/// One operation: a body in, a body out.
struct JSONOperation: Sendable {
    private let run: @Sendable (ByteBuffer, Caller) async throws -> ByteBuffer

    init<Input: Decodable & SendableMetatype, Output: Encodable & SendableMetatype>(
        _ run: @escaping @Sendable (_ input: Input, _ caller: Caller) async throws -> Output
    ) {
        self.run = { body, caller in
            let trail = caller.trail
            let verified = trail?.now()
            let input = try WireJSON.decode(Input.self, from: body)
            trail?.span(.decode, since: verified)
            let decoded = trail?.now()
            let output = try await run(input, caller)
            trail?.span(.operate, since: decoded)
            let done = trail?.now()
            defer { trail?.span(.encode, since: done) }
            return try WireJSON.encode(output)
        }
    }

    func callAsFunction(_ body: ByteBuffer, _ caller: Caller) async throws -> ByteBuffer {
        try await run(body, caller)
    }
}
