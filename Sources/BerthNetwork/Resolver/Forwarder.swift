import BerthModel
import NIOCore
import NIOPosix

/// Asks the name servers of the host, one after the other, and gives their answer as it is.
struct Forwarder: Sendable {
    let group: any EventLoopGroup
    let nameservers: Nameservers
    let patience: Duration
    let rounds: Int

    /// The way of a query: an answer that is too long for a datagram is asked for again over TCP, by the task itself.
    enum Way: Sendable { case datagram, stream }

    /// The answer to a query that is one, as bytes under the query's own id; nil when nobody answers.
    func ask(_ query: [UInt8], by way: Way) async -> [UInt8]? {
        guard let expected = try? DNSMessage(query) else { return nil }
        var refusal: [UInt8]?
        for _ in 0..<rounds {
            for server in nameservers.servers {
                if Task.isCancelled { return nil }
                // An id of its own: whoever wants to forge an answer must guess it and the port (RFC 5452).
                let id = UInt16.random(in: .min ... .max)
                guard
                    let answer = try? await exchange(query.with(id: id), with: server, by: way, expecting: expected, id)
                else { continue }
                let own = answer.with(id: expected.id)
                if answer.isRefusal { refusal = own } else { return own }
            }
            if refusal != nil { return refusal }
        }
        return nil
    }

    private func exchange(
        _ query: [UInt8], with server: ResolverSettings.Endpoint, by way: Way, expecting expected: DNSMessage,
        _ id: UInt16
    ) async throws -> [UInt8]? {
        try await withDeadline(patience) {
            switch way {
            case .datagram: try await datagram(query, to: server, expecting: expected, id)
            case .stream: try await stream(query, to: server, expecting: expected, id)
            }
        }
    }

    /// A socket for each query: its port is the kernel's random choice, and it hears its server alone.
    private func datagram(
        _ query: [UInt8], to server: ResolverSettings.Endpoint, expecting expected: DNSMessage, _ id: UInt16
    ) async throws -> [UInt8]? {
        let address = try SocketAddress(ipAddress: server.host, port: server.port)
        // Whatever the task said that it takes may come; more than the usual 2,048 bytes would be cut, and lost.
        let room = FixedSizeRecvByteBufferAllocator(capacity: Int(UInt16.max))
        let bootstrap = DatagramBootstrap(group: group).channelOption(.recvAllocator, value: room)
        let channel = try await bootstrap.connect(to: address) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<AddressedEnvelope<ByteBuffer>, AddressedEnvelope<ByteBuffer>>(
                    wrappingChannelSynchronously: channel)
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: query)))
            for try await envelope in inbound {
                let bytes = Array(envelope.data.readableBytesView)
                if Self.isAnswer(bytes, to: expected, id) { return bytes }
            }
            return nil
        }
    }

    private func stream(
        _ query: [UInt8], to server: ResolverSettings.Endpoint, expecting expected: DNSMessage, _ id: UInt16
    ) async throws -> [UInt8]? {
        let address = try SocketAddress(ipAddress: server.host, port: server.port)
        // Cancelling the task does not end a connection that is being made.
        let client = ClientBootstrap(group: group).connectTimeout(TimeAmount(patience))
        let channel = try await client.connect(to: address) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(StreamFrames.frame(query))
            var frames = StreamFrames()
            for try await piece in inbound {
                frames.append(piece)
                while let bytes = frames.next() {
                    if Self.isAnswer(bytes, to: expected, id) { return bytes }
                }
            }
            return nil
        }
    }

    /// Whether bytes are the answer: its id, and the question that was asked.
    static func isAnswer(_ bytes: [UInt8], to query: DNSMessage, _ id: UInt16) -> Bool {
        guard let answer = try? DNSMessage(bytes) else { return false }
        return answer.isResponse && answer.id == id && answer.questions == query.questions
    }
}

extension [UInt8] {
    /// A message under another id.
    fileprivate func with(id: UInt16) -> [UInt8] {
        guard count >= 2 else { return self }
        var copy = self
        copy[0] = UInt8(id >> 8)
        copy[1] = UInt8(id & 0xFF)
        return copy
    }

    /// SERVFAIL or REFUSED: the next server may know better.
    fileprivate var isRefusal: Bool {
        count > 3 && [DNSMessage.Code.serverFailure, .refused].contains(DNSMessage.Code(rawValue: self[3] & 15))
    }
}

/// What took too long.
struct DeadlineOver: Error {}

/// Runs `body`, but no longer than `limit`.
///
/// - Throws: ``DeadlineOver``, or what `body` throws.
func withDeadline<Value: Sendable>(
    _ limit: Duration, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask(operation: body)
        group.addTask {
            try await Task.sleep(for: limit)
            throw DeadlineOver()
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw DeadlineOver() }
        return first
    }
}
