import BerthEngine
import BerthLaunch
import BerthModel
import NIOCore
import NIOWebSocket

/// One session over its WebSocket: starts the program, carries bytes both ways, and says how it ended.
///
/// Nothing is kept for a slow reader: what is not read stays in the program's pipe or terminal, and stops the program
/// (CVE-2025-64329 was a buffer without end in between). Of input, ``ExecFrame/inputWindow`` is kept. The program ends with
/// the connection.
struct ExecStream: Sendable {
    typealias Inbound = NIOAsyncChannelInboundStream<WebSocketFrame>
    typealias Outbound = NIOAsyncChannelOutboundWriter<WebSocketFrame>

    let session: ExecSession

    func run(_ connection: UpgradingChannel.WebSocketConnection) async {
        let eventLoop = connection.channel.eventLoop
        await KeepAlive.enable(connection.channel)
        // An error here is the client's end: there is nobody left to tell.
        try? await connection.executeThenClose { inbound, outbound in
            let program: any ExecutedProgram
            let ends: ProgramEnds
            do {
                program = try await session.start()
                if let failure = await failureToStart(program) {
                    try await finish(outbound, with: failure)
                    return try await untilClosed(inbound, outbound)
                }
                // A terminal comes with the start.
                ends = try await ProgramEnds(program, on: eventLoop)
            } catch {
                try await finish(outbound, with: .failed(Self.failure(error)))
                return try await untilClosed(inbound, outbound)
            }
            let input = InputQueue()
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    let last = try await sendOutput(of: program, ends, to: outbound)
                    input.close()
                    ends.closeInput()
                    try await finish(outbound, with: last)
                }
                tasks.addTask { try await feed(ends, from: input, outbound) }
                tasks.addTask { try await receive(inbound, outbound, for: program, input) }
                do {
                    // All has been sent; that it has arrived, the client says by closing.
                    while try await tasks.next() != nil {}
                } catch {
                    // Every one of them waits for one of these.
                    tasks.cancelAll()
                    ends.close()
                    connection.channel.close(promise: nil)
                    throw error
                }
            }
        }
    }

    // MARK: To the client

    /// - Returns: the frame that ends it.
    private func sendOutput(
        of program: any ExecutedProgram, _ ends: ProgramEnds, to outbound: Outbound
    ) async throws -> ExecFrame {
        try await withThrowingTaskGroup(of: ExecFrame?.self) { tasks in
            tasks.addTask {
                try await ends.output?.forEach { try await send(.output($0), to: outbound) }
                return nil
            }
            tasks.addTask {
                try await ends.errorOutput?.forEach { try await send(.errorOutput($0), to: outbound) }
                return nil
            }
            tasks.addTask {
                let last = await lastFrame(of: program)
                // Its children may hold the pipes open for as long as they live; what it printed itself is there by now.
                ends.drain()
                return last
            }
            var last: ExecFrame?
            while let frame = try await tasks.next() { last = frame ?? last }
            return last ?? .failed(Self.lost)
        }
    }

    /// Waits for the start; nil once it has started.
    private func failureToStart(_ program: any ExecutedProgram) async -> ExecFrame? {
        for await event in program.events {
            switch event {
            case .started: return nil
            case .failed(let failure):
                return .failed(ExecFailure(text: failure.description, exitCode: failure.exitCode))
            case .exited, .lost: return .failed(Self.lost)
            }
        }
        return .failed(Self.lost)
    }

    private func lastFrame(of program: any ExecutedProgram) async -> ExecFrame {
        for await event in program.events {
            if case .exited(let status) = event { return .exited(Int32(status.exitCode)) }
            return .failed(Self.lost)
        }
        return .failed(Self.lost)
    }

    private func send(_ frame: ExecFrame, to outbound: Outbound) async throws {
        try await outbound.write(WebSocketFrame(fin: true, opcode: .binary, data: frame.encoded()))
    }

    private func finish(_ outbound: Outbound, with frame: ExecFrame) async throws {
        try await send(frame, to: outbound)
        try await close(outbound, .normalClosure)
    }

    private func close(_ outbound: Outbound, _ code: WebSocketErrorCode) async throws {
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        try await outbound.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: data))
    }

    // MARK: From the client

    /// Hands input on as the program reads it.
    private func feed(_ ends: ProgramEnds, from input: InputQueue, _ outbound: Outbound) async throws {
        // Without a terminal, whose other direction this is, no input is the end of it.
        if !session.input, !session.terminal { ends.closeInput() }
        for await item in input.items {
            switch item {
            case .bytes(let bytes):
                await ends.write(bytes)
                let count = bytes.readableBytes
                if input.take(count) { try await send(.window(count), to: outbound) }
            case .end:
                // A terminal has no end of file: its discipline makes one of ^D (termios(3), VEOF).
                if session.terminal { await ends.write(ByteBuffer(bytes: [4])) } else { ends.closeInput() }
            }
        }
    }

    private func receive(
        _ inbound: Inbound, _ outbound: Outbound, for program: any ExecutedProgram, _ input: InputQueue
    ) async throws {
        for try await frame in inbound {
            switch frame.opcode {
            case .ping: try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
            case .pong: continue
            case .connectionClose: throw ClientGone()
            case .binary:
                do { try obey(try ExecFrame(frame.unmaskedData), program, input) } catch {
                    try await close(outbound, .protocolError)
                    throw ClientGone()
                }
            default:
                try await close(outbound, .unacceptableData)
                throw ClientGone()
            }
        }
        throw ClientGone()
    }

    private func obey(
        _ frame: ExecFrame, _ program: any ExecutedProgram, _ input: InputQueue
    ) throws(ExecFrameError) {
        switch frame {
        case .input(let bytes): if session.input { try input.add(bytes) }
        case .closeInput: if session.input { input.end() }
        // A program that has ended takes no notice.
        case .resize(let size): try? program.resize(size)
        case .signal(let number): program.send(signal: number)
        case .output, .errorOutput, .exited, .failed, .window: throw ExecFrameError("a message of the program's side")
        }
    }

    /// Lets what was sent arrive.
    private func untilClosed(_ inbound: Inbound, _ outbound: Outbound) async throws {
        for try await frame in inbound where frame.opcode == .connectionClose { return }
    }

    // MARK: Faults

    private struct ClientGone: Error {}

    private static let lost = ExecFailure(
        text: "the program's watcher is gone: how it ended is not known", exitCode: 125)

    private static func failure(_ error: any Error) -> ExecFailure {
        guard let error = error as? ServiceError else { return ExecFailure(text: "\(error)", exitCode: 125) }
        return ExecFailure(text: "\(error.message) (\(error.code))", exitCode: 125)
    }
}
