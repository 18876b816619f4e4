import ArgumentParser
import BerthAPI
import BerthLaunch
import NIOCore
import NIOWebSocket
import UnixSignals

/// A session as a person sees it: this process's standard streams and terminal on one side, the program on the other.
struct ExecClient: Sendable {
    let connection: ExecConnection
    /// Whether standard input goes to the program.
    var sendsInput: Bool
    /// Whether the program runs at a terminal, whose size follows this one's.
    var terminal: Bool

    /// Bytes that are read from standard input at a time.
    static let chunk = 32 << 10

    /// Carries everything to and fro until the program ends.
    ///
    /// - Returns: its exit code.
    /// - Throws: ``CommandFailure`` with the failure's own exit code when it could not be run.
    func run() async throws -> Int32 {
        // Before raw mode: a signal that nobody waits for yet would leave the terminal in it.
        let signals = await UnixSignalsSequence(trapping: .sigwinch, .sighup, .sigint, .sigquit, .sigterm)
        if terminal, sendsInput { RawTerminal.enter() }
        defer { RawTerminal.leave() }
        let (window, more) = AsyncStream.makeStream(of: Int.self)
        return try await connection.channel.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: Int32?.self) { tasks in
                tasks.addTask { try await print(inbound, outbound, window: more) }
                if sendsInput {
                    tasks.addTask {
                        try await sendInput(to: outbound, window)
                        return nil
                    }
                }
                tasks.addTask {
                    try await send(signals, to: outbound)
                    return nil
                }
                defer { tasks.cancelAll() }
                while let ended = try await tasks.next() {
                    if let code = ended { return code }
                }
                throw Self.lost
            }
        }
    }

    /// Prints what comes, to the last frame.
    private func print(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, window: AsyncStream<Int>.Continuation
    ) async throws -> Int32 {
        for try await message in inbound {
            switch message.opcode {
            case .ping: try await outbound.write(Self.message(.pong, message.unmaskedData))
            case .connectionClose: throw Self.lost
            case .binary:
                switch try ExecFrame(message.unmaskedData) {
                case .output(let bytes): try StandardOutput.write(bytes.readableBytesView)
                case .errorOutput(let bytes): StandardError.write(bytes.readableBytesView)
                case .exited(let code):
                    await leave(outbound)
                    return code
                case .failed(let failure):
                    await leave(outbound)
                    throw CommandFailure(failure.text, exitCode: failure.exitCode)
                case .window(let count): window.yield(count)
                case .input, .closeInput, .resize, .signal: continue
                }
            default: continue
            }
        }
        throw Self.lost
    }

    /// Sends what is typed or piped, no faster than the program reads it.
    private func sendInput(
        to outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, _ window: AsyncStream<Int>
    ) async throws {
        let input = try StandardInput()
        var credit = ExecFrame.inputWindow
        var grants = window.makeAsyncIterator()
        while let bytes = await input.next() {
            while credit < bytes.count {
                guard let more = await grants.next() else { return }
                credit += more
            }
            credit -= bytes.count
            try await send(.input(ByteBuffer(bytes: bytes)), to: outbound)
        }
        try await send(.closeInput, to: outbound)
    }

    /// Signals go to the program; one that comes again ends this process, and with it the program.
    private func send(
        _ signals: UnixSignalsSequence, to outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
    ) async throws {
        var seen: Set<UnixSignal> = []
        for await signal in signals {
            if signal == .sigwinch {
                if terminal, let size = RawTerminal.windowSize() { try await send(.resize(size), to: outbound) }
                continue
            }
            guard seen.insert(signal).inserted else { throw ExitCode(128 + signal.rawValue) }
            try await send(.signal(signal.rawValue), to: outbound)
        }
    }

    private func send(_ frame: ExecFrame, to outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>) async throws {
        try await outbound.write(Self.message(.binary, frame.encoded()))
    }

    /// Says that everything has arrived.
    private func leave(_ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>) async {
        var data = ByteBuffer()
        data.write(webSocketErrorCode: .normalClosure)
        try? await outbound.write(Self.message(.connectionClose, data))
    }

    /// A client masks what it sends (RFC 6455 5.3).
    private static func message(_ opcode: WebSocketOpcode, _ data: ByteBuffer) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
    }

    private static let lost = CommandFailure(
        "lost the session: the daemon or the way to it went away, and the program with it", exitCode: 125)
}
