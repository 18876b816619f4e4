import BerthModel
import NIOCore
import NIOPosix

/// The name server of the tasks, over UDP and TCP: it answers tasks' own names, and passes on all other questions.
public struct Resolver: Sendable {
    private typealias Datagrams = NIOAsyncChannel<AddressedEnvelope<ByteBuffer>, AddressedEnvelope<ByteBuffer>>
    private typealias Stream = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let settings: ResolverSettings
    private let own: OwnAnswers
    private let forwarder: Forwarder
    /// Of queries that are passed on; what Berth answers by itself takes none.
    private let queries: Shares
    /// Of answers under way, which end by themselves; all together they need no bound.
    private let answers: Shares
    private let rate: RateLimit<IPv4Address>
    private let connections: Shares
    private let group: any EventLoopGroup
    private let onReady: @Sendable (_ port: Int) -> Void

    /// - Parameter onReady: called once with the port, when questions are taken.
    public init(
        _ settings: ResolverSettings, names: any TaskNames,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        onReady: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        self.settings = settings
        own = OwnAnswers(names: names)
        forwarder = Forwarder(
            group: group, nameservers: Nameservers(settings), patience: settings.patience, rounds: settings.rounds)
        queries = Shares(perTask: settings.perTask, inAll: settings.inAll)
        answers = Shares(perTask: settings.perTask, inAll: .max)
        rate = RateLimit(rate: Double(settings.rate), burst: Double(settings.rate))
        connections = Shares(perTask: settings.connectionsPerTask, inAll: settings.connectionsInAll)
        self.group = group
        self.onReady = onReady
    }

    /// Serves until the task is cancelled.
    ///
    /// - Throws: what the kernel says when it cannot listen.
    public func run() async throws {
        let (streams, datagrams, port) = try await listen()
        onReady(port)
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await serve(datagrams) }
                tasks.addTask { try await serve(streams) }
                defer { tasks.cancelAll() }
                try await tasks.next()
            }
        } catch  where Task.isCancelled {}
    }

    private func listen() async throws -> (NIOAsyncChannel<Stream, Never>, Datagrams, port: Int) {
        // Any port that is free over TCP may be taken over UDP: then another.
        for _ in 0..<16 where settings.listen.port == 0 {
            do { return try await listenOnce() } catch let error as IOError where error.errnoCode == EADDRINUSE {}
        }
        return try await listenOnce()
    }

    private func listenOnce() async throws -> (NIOAsyncChannel<Stream, Never>, Datagrams, port: Int) {
        let (host, port) = (settings.listen.host, settings.listen.port)
        let streams = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try Stream(wrappingChannelSynchronously: channel) }
            }
        do {
            let port = streams.channel.localAddress?.port ?? port
            let datagrams = try await DatagramBootstrap(group: group).bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    // A datagram that could not be sent is no reason to hear no more.
                    try channel.pipeline.syncOperations.addHandler(IgnoredErrors())
                    return try Datagrams(wrappingChannelSynchronously: channel)
                }
            }
            return (streams, datagrams, port)
        } catch {
            try? await streams.channel.close()
            throw error
        }
    }

    // MARK: UDP

    private func serve(_ datagrams: Datagrams) async throws {
        try await datagrams.executeThenClose { inbound, outbound in
            try await withThrowingDiscardingTaskGroup { tasks in
                for try await envelope in inbound {
                    guard let asker = IPv4Address(envelope.remoteAddress), rate.admits(asker) else { continue }
                    let query = Array(envelope.data.readableBytesView)
                    let step = own.step(for: query, from: asker)
                    let shares = step == .forward ? queries : answers
                    guard shares.enter(asker) else { continue }
                    tasks.addTask {
                        defer { shares.leave(asker) }
                        guard let answer = await answer(query, by: step, .datagram) else { return }
                        // The asker may be gone.
                        try? await outbound.write(
                            AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: answer)))
                    }
                }
            }
        }
    }

    // MARK: TCP

    private func serve(_ streams: NIOAsyncChannel<Stream, Never>) async throws {
        try await streams.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { tasks in
                for try await stream in inbound {
                    tasks.addTask { await serve(stream) }
                }
            }
        }
    }

    private func serve(_ stream: Stream) async {
        guard let asker = stream.channel.remoteAddress.flatMap(IPv4Address.init), connections.enter(asker) else {
            stream.channel.close(promise: nil)
            // To be let go, the channel has to be used.
            try? await stream.executeThenClose { _, _ in }
            return
        }
        defer { connections.leave(asker) }
        // What a connection ends with is the client's affair.
        try? await withDeadline(settings.connectionLife) { try await converse(stream, asker) }
    }

    private func converse(_ stream: Stream, _ asker: IPv4Address) async throws {
        try await stream.executeThenClose { inbound, outbound in
            var frames = StreamFrames()
            for try await piece in inbound {
                frames.append(piece)
                while let query = frames.next() {
                    guard rate.admits(asker) else { return }
                    let step = own.step(for: query, from: asker)
                    if step == .forward, !queries.enter(asker) { return }
                    let answer = await answer(query, by: step, .stream)
                    // Whether it is read is not the matter of a share that is all tasks'.
                    if step == .forward { queries.leave(asker) }
                    guard let answer else { return }
                    try await outbound.write(StreamFrames.frame(answer))
                }
            }
        }
    }

    // MARK: Answers

    /// The answer as it goes out; nil for what is no query.
    private func answer(_ query: [UInt8], by step: OwnAnswers.Step, _ way: Forwarder.Way) async -> [UInt8]? {
        switch step {
        case .ignore: return nil
        case .answer(let message): return message.bytes(limit: limit(of: query, by: way))
        case .forward:
            if let answer = await forwarder.ask(query, by: way) { return answer }
            return (try? DNSMessage(query)).map { DNSMessage(answering: $0, code: .serverFailure).bytes() }
        }
    }

    private func limit(of query: [UInt8], by way: Forwarder.Way) -> Int {
        guard way == .datagram else { return Int(UInt16.max) }
        let asked = (try? DNSMessage(query))?.payloadSize.map(Int.init) ?? DNSMessage.plainPayloadSize
        return min(asked, DNSMessage.ownPayloadSize)
    }
}

/// Keeps errors from ending a channel.
private final class IgnoredErrors: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
